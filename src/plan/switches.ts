import type { KubeObject, ObjectMeta } from '../manifest/object.ts'

/** Prefix of the annotations or labels by which a single object changes how it is handled. */
export const SWITCH_PREFIX = 'kustomize.toolkit.fluxcd.io'

/** What labels and annotations of one object say. */
export interface Switches {
  /** Never applied and never pruned: `reconcile: disabled` or `ssa: Ignore`. */
  readonly ignored: boolean
  /** Created, but never changed afterwards: `ssa: IfNotPresent`. */
  readonly ifNotPresent: boolean
  /** Other managers keep their fields: `ssa: Merge`. */
  readonly merge: boolean
  /** Deleted and created again where a change is impossible: `force: enabled`. */
  readonly force: boolean
  /** Stays when it leaves the source: `prune: disabled`. */
  readonly keep: boolean
}

const KEYS = {
  reconcile: `${SWITCH_PREFIX}/reconcile`,
  ssa: `${SWITCH_PREFIX}/ssa`,
  force: `${SWITCH_PREFIX}/force`,
  prune: `${SWITCH_PREFIX}/prune`,
}

/** Reads the switches; a label counts as much as an annotation, and values are compared without regard to case. */
export function switchesOf(metadata: Pick<ObjectMeta, 'labels' | 'annotations'> | undefined): Switches {
  const is = (key: string, value: string) =>
    metadata?.labels?.[key]?.toLowerCase() === value || metadata?.annotations?.[key]?.toLowerCase() === value
  return {
    ignored: is(KEYS.reconcile, 'disabled') || is(KEYS.ssa, 'ignore'),
    ifNotPresent: is(KEYS.ssa, 'ifnotpresent'),
    merge: is(KEYS.ssa, 'merge'),
    force: is(KEYS.force, 'enabled'),
    keep: is(KEYS.prune, 'disabled'),
  }
}

/** The Kustomization that owns objects. */
export interface Owner {
  readonly name: string
  readonly namespace: string
}

/** The labels by which the objects of an owner are found. */
export function ownerLabels(owner: Owner): Readonly<Record<string, string>> {
  return { [`${SWITCH_PREFIX}/name`]: owner.name, [`${SWITCH_PREFIX}/namespace`]: owner.namespace }
}

/** Whether a live object still carries the labels of its owner. */
export function belongsTo(owner: Owner, metadata: Pick<ObjectMeta, 'labels'>): boolean {
  return Object.entries(ownerLabels(owner)).every(([key, value]) => metadata.labels?.[key] === value)
}

/** Whether a live object carries the labels of another owner. */
export function isForeign(owner: Owner, metadata: Pick<ObjectMeta, 'labels'>): boolean {
  const labelled = Object.keys(ownerLabels(owner)).some(key => metadata.labels?.[key] !== undefined)
  return labelled && !belongsTo(owner, metadata)
}

/** Adds labels and annotations, replacing values that are there. Objects without any stay without. */
export function withMetadata(
  object: KubeObject,
  common: {
    readonly labels?: Readonly<Record<string, string>> | undefined
    readonly annotations?: Readonly<Record<string, string>> | undefined
  },
): KubeObject {
  const labels = { ...object.metadata?.labels, ...common.labels }
  const annotations = { ...object.metadata?.annotations, ...common.annotations }
  return {
    ...object,
    metadata: {
      ...object.metadata,
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
  }
}
