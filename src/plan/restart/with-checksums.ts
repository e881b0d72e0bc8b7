import { isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import { gvkOf, type KubeObject } from '../../manifest/object.ts'
import type { Sourced } from '../../manifest/rendered.ts'
import { switchesOf } from '../switches.ts'
import { configDigest } from './config-digest.ts'
import { type ConfigKind, type ConfigUse, configUses } from './config-uses.ts'
import { type ReloaderRules, reloaderMarks, reloaderRules } from './reloader.ts'

/** `auto` or `annotated` on a Kustomization; `auto` or `never` on a workload; `never` on a ConfigMap or Secret. */
const RESTART = 'lockstep.dev/restart'

/** Annotation of a Pod template: what its Pods read, each with a digest. */
export const CHECKSUM = 'lockstep.dev/config-checksum'

const KINDS = ['ConfigMap', 'Secret'] as const
const WORKLOADS: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet'])

/** Which workloads restart when what they read changes: all, or those whose annotations ask for it. */
export type RestartMode = 'auto' | 'annotated'

/** ConfigMaps and Secrets that do not come with the objects. */
export interface OtherConfigs {
  get(kind: ConfigKind, namespace: string, name: string): KubeObject | undefined
  list(kind: ConfigKind, namespace: string): readonly KubeObject[]
}

/** Objects with checksums, and which other ConfigMaps and Secrets count: `Kind/namespace/name`, `*` for any name. */
export interface Checksummed {
  readonly objects: readonly Sourced[]
  /** The annotations that were made. */
  readonly checksums: readonly string[]
  readonly follows: readonly string[]
}

type Annotations = Readonly<Record<string, string>>

interface Workload {
  readonly namespace: string
  readonly podSpec: JsonObject
  readonly wish: string | undefined
  readonly reloader: ReloaderRules | undefined
}

/** What a Kustomization's annotation asks for; undefined for nothing, and for what is no mode. */
export function restartModeOf({ metadata }: Pick<KubeObject, 'metadata'>): RestartMode | undefined {
  const text = metadata.annotations?.[RESTART]?.toLowerCase()
  return text === 'auto' || text === 'annotated' ? text : undefined
}

function templateOf(object: KubeObject): JsonObject | undefined {
  const template = (object['spec'] as JsonObject | undefined)?.['template']
  return isObject(template) ? template : undefined
}

function annotationsOf(template: JsonObject): Annotations {
  const metadata = template['metadata']
  const annotations = isObject(metadata) ? metadata['annotations'] : undefined
  return isObject(annotations) ? (annotations as Annotations) : {}
}

/** A workload that is to restart; undefined for everything else. */
function workloadOf(object: KubeObject, mode: RestartMode | undefined): Workload | undefined {
  if (gvkOf(object).group !== 'apps' || !WORKLOADS.has(object.kind)) return undefined
  const template = templateOf(object)
  const podSpec = template?.['spec']
  if (template === undefined || !isObject(podSpec)) return undefined
  const { annotations = {}, namespace = '' } = object.metadata
  const inner = annotationsOf(template)
  const wish = (annotations[RESTART] ?? inner[RESTART])?.toLowerCase()
  // Reloader may still be running: its annotations count only where the Kustomization says so.
  const reloader = mode === undefined ? undefined : reloaderRules(annotations, inner)
  const isWanted = wish === 'auto' || mode === 'auto' || reloader !== undefined
  return isWanted && wish !== 'never' && reloader?.off !== true ? { namespace, podSpec, wish, reloader } : undefined
}

/** Whether any object is a workload that is to restart. */
export function wantsChecksums(objects: readonly Sourced[], mode: RestartMode | undefined): boolean {
  return objects.some(({ object }) => workloadOf(object, mode) !== undefined)
}

/** Whether a workload restarts with one object that its Pods read, or that is named. */
function counts(
  config: KubeObject,
  isRead: boolean,
  { reloader, wish }: Workload,
  mode: RestartMode | undefined,
): boolean {
  const { annotations = {}, name } = config.metadata
  const kind = config.kind as ConfigKind
  const marks = reloaderMarks(annotations)
  if (annotations[RESTART]?.toLowerCase() === 'never' || marks.ignore || reloader?.excludes(kind, name) === true)
    return false
  if (reloader?.names(kind, name) === true) return true
  return (
    isRead &&
    (wish === 'auto' || mode === 'auto' || reloader?.auto[kind] === true || (reloader?.search === true && marks.match))
  )
}

/** Says what holds the content that will be on the cluster; an object that is left alone there is not it. */
function isApplied({ metadata }: KubeObject): boolean {
  const { ifNotPresent, ignored } = switchesOf(metadata)
  return !ifNotPresent && !ignored
}

/**
 * Adds to each workload that is to restart with its configuration an annotation on the Pod template with a digest of every
 * ConfigMap and Secret that counts. So a change of content is a change of the workload, made and seen together with it; the
 * same content always gives the same annotation, and a workload that reads nothing gets none.
 */
export function withChecksums(
  objects: readonly Sourced[],
  mode: RestartMode | undefined,
  others: OtherConfigs,
): Checksummed {
  const own = new Map<string, KubeObject>()
  for (const { object } of objects) {
    const isConfig = gvkOf(object).group === '' && (KINDS as readonly string[]).includes(object.kind)
    if (isConfig && isApplied(object))
      own.set(keyOf(object.kind, object.metadata.namespace, object.metadata.name), object)
  }
  const follows = new Set<string>()

  /** What a workload's Pods read, then what its annotations name beside that. */
  function candidates({
    namespace,
    podSpec,
    reloader,
  }: Workload): readonly (readonly [KubeObject, ConfigUse | undefined])[] {
    const uses = configUses(podSpec)
    const read = uses.flatMap(use => {
      const key = keyOf(use.kind, namespace, use.name)
      const found = own.get(key)
      if (found === undefined) follows.add(key)
      const config = found ?? others.get(use.kind, namespace, use.name)
      return config === undefined ? [] : [[config, use] as const]
    })
    const named = KINDS.filter(kind => reloader?.hasNames[kind] === true).flatMap(kind => {
      follows.add(keyOf(kind, namespace, '*'))
      const inSource = [...own.values()].filter(
        each => each.kind === kind && (each.metadata.namespace ?? '') === namespace,
      )
      const names = new Set(inSource.map(each => each.metadata.name))
      const beside = others.list(kind, namespace).filter(each => !names.has(each.metadata.name))
      return [...inSource, ...beside].filter(each => reloader?.names(kind, each.metadata.name) === true)
    })
    const wholes = new Set(named)
    return [...read.filter(([config]) => !wholes.has(config)), ...named.map(config => [config, undefined] as const)]
  }

  function checksumOf(workload: Workload): string {
    return candidates(workload)
      .filter(([config, use]) => counts(config, use !== undefined, workload, mode))
      .map(([config, use]) => `${config.kind}/${config.metadata.name}=${configDigest(config, use?.keys)}`)
      .toSorted()
      .join(',')
  }

  const checksums: string[] = []
  const result = objects.map((sourced): Sourced => {
    const workload = workloadOf(sourced.object, mode)
    const checksum = workload === undefined ? '' : checksumOf(workload)
    if (checksum === '') return sourced
    checksums.push(checksum)
    return { ...sourced, object: annotate(sourced.object, checksum) }
  })
  return { objects: result, checksums, follows: [...follows].toSorted() }
}

function keyOf(kind: string, namespace: string | undefined, name: string): string {
  return `${kind}/${namespace ?? ''}/${name}`
}

function annotate(object: KubeObject, checksum: string): KubeObject {
  const spec = object['spec'] as JsonObject
  const template = templateOf(object) ?? {}
  const metadata = isObject(template['metadata']) ? template['metadata'] : {}
  const annotations: JsonValue = { ...annotationsOf(template), [CHECKSUM]: checksum }
  return { ...object, spec: { ...spec, template: { ...template, metadata: { ...metadata, annotations } } } }
}
