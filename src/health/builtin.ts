import { isArray, isObject } from '../manifest/json.ts'
import { conditionsOf, countAt, strictTextAt, textAt } from './fields.ts'
import { current, type Fields, failed, inProgress, unknown, type Verdict, valueAt } from './verdict.ts'
import { judgeDaemonSet, judgeDeployment, judgeReplicaSet, judgeStatefulSet } from './workloads.ts'

/** A rule for one kind. `now` is in milliseconds since the epoch. */
export type Rule = (fields: Fields, now: number) => Verdict

/** How long a Pod may stay unscheduled before that counts as a failure. */
const SCHEDULE_WINDOW_MS = 15_000

const alwaysReady: Rule = () => current('Resource is always ready')

/** The rules of kstatus for Kubernetes' own kinds, by `group/Kind`; the core group has no prefix. */
const rules: Readonly<Record<string, Rule>> = {
  Service: judgeService,
  Pod: judgePod,
  Secret: alwaysReady,
  ConfigMap: alwaysReady,
  PersistentVolumeClaim: judgeClaim,
  'apps/StatefulSet': judgeStatefulSet,
  'apps/DaemonSet': judgeDaemonSet,
  'extensions/DaemonSet': judgeDaemonSet,
  'apps/Deployment': judgeDeployment,
  'extensions/Deployment': judgeDeployment,
  'apps/ReplicaSet': judgeReplicaSet,
  'extensions/ReplicaSet': judgeReplicaSet,
  'policy/PodDisruptionBudget': () => current('AllowedDisruptions has been computed.'),
  'batch/CronJob': alwaysReady,
  'batch/Job': judgeJob,
  'apiextensions.k8s.io/CustomResourceDefinition': judgeDefinition,
}

/** The rule for a built-in kind; undefined for all others. */
export function builtinRule(group: string, kind: string): Rule | undefined {
  const key = group === '' ? kind : `${group}/${kind}`
  return Object.hasOwn(rules, key) ? rules[key] : undefined
}

function judgeService(fields: Fields): Verdict {
  const loadBalancer = textAt(fields, 'spec.type', 'ClusterIP') === 'LoadBalancer'
  if (loadBalancer && textAt(fields, 'spec.clusterIP', '') === '')
    return inProgress('NoIPAssigned', 'ClusterIP not set. Service type: LoadBalancer')
  return current('Service is ready')
}

function judgeClaim(fields: Fields): Verdict {
  const phase = textAt(fields, 'status.phase', 'unknown')
  return phase === 'Bound' ? current('PVC is Bound') : inProgress('NotBound', `PVC is not Bound. phase: ${phase}`)
}

function judgePod(fields: Fields, now: number): Verdict {
  const conditions = conditionsOf(fields)
  const phase = textAt(fields, 'status.phase', '')
  switch (phase) {
    case 'Succeeded':
      return current('Pod has completed successfully')
    case 'Failed':
      return current('Pod has completed, but not successfully')
    case 'Running': {
      if (conditions.some(({ type, status }) => type === 'Ready' && status === 'True')) return current('Pod is Ready')
      const crashing = crashLooping(fields)
      if (crashing.length > 0)
        return failed('ContainerCrashLooping', `Containers in CrashLoop state: ${crashing.join(',')}`)
      return inProgress('PodRunningNotReady', 'Pod is running but is not Ready')
    }
    case 'Pending': {
      const unscheduled = conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False')
      if (unscheduled?.reason !== 'Unschedulable') return inProgress('PodPending', 'Pod is in the Pending phase')
      const created = Date.parse(strictTextAt(fields, 'metadata.creationTimestamp') ?? '')
      // A Pod without a creation time counts as old; NaN makes the comparison false.
      if (now - SCHEDULE_WINDOW_MS < created) return inProgress('PodNotScheduled', 'Pod has not been scheduled')
      return failed('PodUnschedulable', 'Pod could not be scheduled')
    }
    case '':
      return inProgress('PodNotObserved', 'Pod phase not available')
    default:
      return unknown(`unknown phase ${phase}`)
  }
}

function crashLooping(fields: Fields): readonly string[] {
  const containers = valueAt(fields, 'status.containerStatuses')
  if (!isArray(containers)) return []
  return containers.flatMap(container => {
    if (!isObject(container) || typeof container['name'] !== 'string') return []
    return valueAt(container, 'state.waiting.reason') === 'CrashLoopBackOff' ? [container['name']] : []
  })
}

function judgeJob(fields: Fields): Verdict {
  const finished = judgeFinishedJob(fields)
  if (finished !== undefined) return finished
  return jobStarted(fields) ? current(jobProgress(fields)) : inProgress('JobNotStarted', 'Job not started')
}

/** The rule that Flux waits by: unlike kstatus' own, a Job that still runs is not yet Current, and a suspended one is. */
export function judgeJobToCompletion(fields: Fields): Verdict {
  if (valueAt(fields, 'spec.suspend') === true) return current('Job is suspended')
  const finished = judgeFinishedJob(fields)
  if (finished !== undefined) return finished
  if (jobStarted(fields)) return inProgress('JobInProgress', jobProgress(fields))
  return inProgress('JobNotStarted', `Job not started. active: 0/${countAt(fields, 'spec.parallelism', 1)}`)
}

function judgeFinishedJob(fields: Fields): Verdict | undefined {
  const parallelism = countAt(fields, 'spec.parallelism', 1)
  const completions = countAt(fields, 'spec.completions', parallelism)
  for (const { type, status } of conditionsOf(fields)) {
    if (status !== 'True') continue
    if (type === 'Complete')
      return current(`Job Completed. succeeded: ${countAt(fields, 'status.succeeded', 0)}/${completions}`)
    if (type === 'Failed')
      return failed('JobFailed', `Job Failed. failed: ${countAt(fields, 'status.failed', 0)}/${completions}`)
  }
  return undefined
}

function jobStarted(fields: Fields): boolean {
  return textAt(fields, 'status.startTime', '') !== ''
}

function jobProgress(fields: Fields): string {
  const count = (name: string) => countAt(fields, `status.${name}`, 0)
  return `Job in progress. success:${count('succeeded')}, active: ${count('active')}, failed: ${count('failed')}`
}

function judgeDefinition(fields: Fields): Verdict {
  for (const { type, status, reason, message } of conditionsOf(fields)) {
    if (type === 'NamesAccepted' && status === 'False') return failed(reason, message)
    if (type !== 'Established') continue
    if (status === 'False' && reason !== 'Installing') return failed(reason, message)
    if (status === 'True') return current('CRD is established')
  }
  return inProgress('Installing', 'Install in progress')
}
