import type { JsonObject } from '../../../manifest/json.ts'
import type { KubeObject } from '../../../manifest/object.ts'
import { asKube, has, labelsAt, objectAt, textAt, textsAt } from '../../kinds/schema/value.ts'
import { ownerReference } from './index-of.ts'
import { conditionOf, isTrue } from './status.ts'

/** Running or on the way there: neither ended nor being deleted. */
export function isActive(pod: KubeObject): boolean {
  const phase = textAt(pod, 'status', 'phase')
  return phase !== 'Succeeded' && phase !== 'Failed' && pod.metadata.deletionTimestamp === undefined
}

/** True while the pod serves: its condition Ready is True. */
export function isReady(pod: KubeObject): boolean {
  return isTrue(pod, 'Ready')
}

/** How long, in milliseconds, a pod must still stay ready to count as available; 0 when it is, undefined when it is not ready. */
export function untilAvailable(pod: KubeObject, minReadySeconds: number, now: number): number | undefined {
  if (!isReady(pod)) return undefined
  if (minReadySeconds === 0) return 0
  const since = Date.parse(textAt(conditionOf(pod, 'Ready'), 'lastTransitionTime'))
  return Math.max(0, since + minReadySeconds * 1000 - now)
}

/** A pod of a workload's template, owned by it. The template's metadata goes to the pod; `changes` come last. */
export function podFromTemplate(
  owner: KubeObject,
  template: JsonObject,
  changes: {
    readonly name?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly finalizers?: readonly string[]
    readonly spec?: JsonObject
  } = {},
): KubeObject {
  const labels = { ...labelsAt(template, 'metadata', 'labels'), ...changes.labels }
  const annotations = { ...labelsAt(template, 'metadata', 'annotations'), ...changes.annotations }
  const finalizers = [...textsAt(template, 'metadata', 'finalizers'), ...(changes.finalizers ?? [])]
  return asKube({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(changes.name === undefined ? {} : { name: changes.name }),
      generateName: `${owner.metadata.name}-`,
      namespace: owner.metadata.namespace ?? '',
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ...(finalizers.length === 0 ? {} : { finalizers }),
      ownerReferences: [ownerReference(owner)] as unknown as readonly JsonObject[],
    },
    spec: { ...objectAt(template, 'spec'), ...changes.spec },
  })
}

/**
 * The order in which surplus pods go: not assigned before assigned, pending before running, not ready before ready,
 * restarted often and young before the others.
 */
export function byExpendability(a: KubeObject, b: KubeObject): number {
  return (
    Number(has(a, 'spec', 'nodeName')) - Number(has(b, 'spec', 'nodeName')) ||
    Number(textAt(a, 'status', 'phase') === 'Running') - Number(textAt(b, 'status', 'phase') === 'Running') ||
    Number(isReady(a)) - Number(isReady(b)) ||
    (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '') ||
    a.metadata.name.localeCompare(b.metadata.name)
  )
}
