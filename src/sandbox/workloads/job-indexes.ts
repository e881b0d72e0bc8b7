import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { eachItem, objectAt, objectsAt, withField } from '../kinds/schema/value.ts'
import { podFromTemplate } from './shared/pods.ts'

const indexKey = 'batch.kubernetes.io/job-completion-index'

/** The completion index of an indexed job's pod. */
export function indexOfPod(pod: KubeObject): number {
  return Number(pod.metadata.annotations?.[indexKey] ?? -1)
}

/** Indexes below `completions` that a pod has completed. */
export function completedIndexes(succeeded: readonly KubeObject[], completions: number): ReadonlySet<number> {
  return new Set(succeeded.map(indexOfPod).filter(index => index >= 0 && index < completions))
}

/** Indexes that no pod has completed or works on, the lowest first. */
export function missingIndexes(
  completions: number,
  active: readonly KubeObject[],
  succeeded: readonly KubeObject[],
): number[] {
  const taken = new Set([...active, ...succeeded].map(indexOfPod))
  return Array.from({ length: completions }, (_, index) => index).filter(index => !taken.has(index))
}

/** A pod for one index: its name, label, annotation and environment say which. */
export function indexedPod(job: KubeObject, template: JsonObject, index: number, suffix: string): KubeObject {
  const variable: JsonObject = {
    name: 'JOB_COMPLETION_INDEX',
    valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${indexKey}']` } },
  }
  let spec = objectAt(template, 'spec')
  for (const list of ['containers', 'initContainers'])
    spec = withField(spec, list, containers =>
      eachItem(containers, container => ({ ...container, env: [...objectsAt(container, 'env'), variable] })),
    )
  return podFromTemplate(job, template, {
    name: `${job.metadata.name}-${index}-${suffix}`,
    labels: { [indexKey]: String(index) },
    annotations: { [indexKey]: String(index) },
    spec: { ...spec, hostname: `${job.metadata.name}-${index}` },
  })
}
