import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { timestamp } from '../clock.ts'
import type { Controller, ControllerContext } from '../controller.ts'
import { at, has, numberAt, objectAt, objectsAt, textAt } from '../kinds/schema/value.ts'
import { StatusError } from '../status.ts'
import { completedIndexes, indexedPod, missingIndexes } from './job-indexes.ts'
import { createEventRecorder, type EventRecorder } from './shared/event-recorder.ts'
import { type Index, indexByOwner } from './shared/index-of.ts'
import { reconcileOwners } from './shared/owners.ts'
import { isActive, isReady, podFromTemplate } from './shared/pods.ts'
import { keyOf, type Reconciler } from './shared/reconciler.ts'
import { conditionOf, isTrue, nonZero, withCondition, withoutCondition, writeStatus } from './shared/status.ts'

const jobs = 'batch/jobs'
const firstBackOff = 1_000
const longestBackOff = 60_000

interface Context extends ControllerContext {
  readonly record: EventRecorder
  readonly queue: Reconciler
  readonly pods: Index
}

/** Runs Jobs to their completions, tries failed pods again up to the limit, and removes finished jobs in time. */
export const jobController: Controller = base => {
  const { client, clock } = base
  const record = createEventRecorder(client, clock, 'job-controller')
  const owners = reconcileOwners(base, jobs, job => {
    if (job.metadata.deletionTimestamp === undefined) reconcile({ ...base, record, queue, pods }, job)
  })
  const { queue } = owners
  const pods = indexByOwner(client, '/pods', owners.wake)
  return () => {
    owners.stop()
    pods.stop()
  }
}

/** True once a job has succeeded or failed for good. */
export function isFinished(job: KubeObject): boolean {
  return isTrue(job, 'Complete') || isTrue(job, 'Failed')
}

interface Tally {
  readonly active: readonly KubeObject[]
  readonly succeeded: readonly KubeObject[]
  readonly failed: readonly KubeObject[]
}

function tally(pods: readonly KubeObject[]): Tally {
  const inPhase = (phase: string) => pods.filter(pod => textAt(pod, 'status', 'phase') === phase)
  return { active: pods.filter(isActive), succeeded: inPhase('Succeeded'), failed: inPhase('Failed') }
}

function reconcile(context: Context, job: KubeObject): void {
  if (isFinished(job)) {
    expire(context, job)
    return
  }
  const { clock } = context
  const counted = tally(context.pods.of(job.metadata.uid ?? ''))
  const start = textAt(job, 'status', 'startTime') || timestamp(clock.now())
  const failure = failureOf(context, job, counted, start)
  if (failure !== undefined) finish(context, job, counted, start, failure)
  else if (isDone(job, counted)) finish(context, job, counted, start, undefined)
  else if (at(job, 'spec', 'suspend') === true) suspend(context, job, counted)
  else run(context, job, counted, start)
}

function isDone(job: KubeObject, { active, succeeded }: Tally): boolean {
  if (has(job, 'spec', 'completions')) {
    const wanted = numberAt(job, 'spec', 'completions')
    return isIndexed(job) ? completedIndexes(succeeded, wanted).size >= wanted : succeeded.length >= wanted
  }
  return succeeded.length > 0 && active.length === 0
}

const isIndexed = (job: KubeObject) => textAt(job, 'spec', 'completionMode') === 'Indexed'

/** Restarts of containers count as failures where pods restart them themselves. */
function failures(job: KubeObject, { active, failed }: Tally): number {
  if (textAt(job, 'spec', 'template', 'spec', 'restartPolicy') !== 'OnFailure') return failed.length
  const restarts = active.flatMap(pod => objectsAt(pod, 'status', 'containerStatuses'))
  return failed.length + restarts.reduce((sum, one) => sum + numberAt(one, 'restartCount'), 0)
}

interface Failure {
  readonly reason: string
  readonly message: string
}

function failureOf({ clock, queue }: Context, job: KubeObject, counted: Tally, start: string): Failure | undefined {
  const deadline = at(job, 'spec', 'activeDeadlineSeconds')
  if (typeof deadline === 'number' && at(job, 'spec', 'suspend') !== true) {
    const left = Date.parse(start) + deadline * 1000 - clock.now()
    if (left <= 0) return { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' }
    queue.after(left, keyOf(job))
  }
  if (failures(job, counted) > numberAt(job, 'spec', 'backoffLimit'))
    return { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' }
  return undefined
}

/** Creates the pods that are due and deletes those that are too many. */
function run(context: Context, job: KubeObject, counted: Tally, start: string): void {
  const { client, clock, record, queue } = context
  const { namespace = '' } = job.metadata
  const { active, succeeded, failed } = counted
  const left = has(job, 'spec', 'completions')
    ? numberAt(job, 'spec', 'completions') - succeeded.length
    : succeeded.length > 0
      ? active.length
      : Number.POSITIVE_INFINITY
  const wanted = Math.max(0, Math.min(numberAt(job, 'spec', 'parallelism'), left))
  const wait = backOff(failed, clock.now())
  for (const pod of active.slice(wanted)) {
    client.delete('/pods', namespace, pod.metadata.name)
    record(job, { reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}` })
  }
  if (active.length < wanted && wait > 0) queue.after(wait, keyOf(job))
  else if (active.length < wanted) create(context, job, counted, wanted - active.length)
  const now = tally(context.pods.of(job.metadata.uid ?? ''))
  const resumed = conditionOf(job, 'Suspended')
  const conditions = objectsAt(job, 'status', 'conditions')
  if (resumed !== undefined && textAt(resumed, 'status') === 'True')
    record(job, { reason: 'Resumed', message: 'Job resumed' })
  write(
    context,
    job,
    now,
    start,
    resumed === undefined
      ? conditions
      : withCondition(conditions, mark(clock.now(), resumed, 'Suspended', 'False', 'JobResumed', 'Job resumed')),
  )
}

/** How long to wait after the last failure before the next pod. */
function backOff(failed: readonly KubeObject[], now: number): number {
  if (failed.length === 0) return 0
  const ends = failed.flatMap(pod =>
    objectsAt(pod, 'status', 'containerStatuses').map(one => textAt(one, 'state', 'terminated', 'finishedAt')),
  )
  const last = Math.max(0, ...ends.filter(end => end !== '').map(Date.parse))
  return last + Math.min(firstBackOff * 2 ** (failed.length - 1), longestBackOff) - now
}

function create({ client, record, random }: Context, job: KubeObject, counted: Tally, count: number): void {
  const template = objectAt(job, 'spec', 'template')
  const indexes = isIndexed(job)
    ? missingIndexes(numberAt(job, 'spec', 'completions'), counted.active, counted.succeeded).slice(0, count)
    : Array.from({ length: count }, () => undefined)
  for (const index of indexes)
    try {
      const pod = client.create(
        '/pods',
        index === undefined ? podFromTemplate(job, template) : indexedPod(job, template, index, random(5)),
      )
      record(job, { reason: 'SuccessfulCreate', message: `Created pod: ${pod.metadata.name}` })
    } catch (error) {
      if (error instanceof StatusError)
        record(job, { type: 'Warning', reason: 'FailedCreate', message: `Error creating: ${error.message}` })
      throw error
    }
}

function suspend(context: Context, job: KubeObject, { active }: Tally): void {
  const { client, clock, record } = context
  for (const pod of active) {
    client.delete('/pods', job.metadata.namespace ?? '', pod.metadata.name)
    record(job, { reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}` })
  }
  const old = conditionOf(job, 'Suspended')
  if (textAt(old, 'status') !== 'True') record(job, { reason: 'Suspended', message: 'Job suspended' })
  const suspended = mark(clock.now(), old, 'Suspended', 'True', 'JobSuspended', 'Job suspended')
  const now = tally(context.pods.of(job.metadata.uid ?? ''))
  write(context, job, now, undefined, withCondition(objectsAt(job, 'status', 'conditions'), suspended))
}

function mark(
  now: number,
  old: JsonObject | undefined,
  type: string,
  status: 'True' | 'False',
  reason: string,
  message: string,
): JsonObject {
  if (old !== undefined && textAt(old, 'status') === status) return old
  const time = timestamp(now)
  return { type, status, lastProbeTime: time, lastTransitionTime: time, reason, message }
}

function finish(context: Context, job: KubeObject, counted: Tally, start: string, failure: Failure | undefined): void {
  const { client, clock, record } = context
  for (const pod of counted.active) client.delete('/pods', job.metadata.namespace ?? '', pod.metadata.name)
  const now = clock.now()
  const [first, last, reason, message] =
    failure === undefined
      ? ['SuccessCriteriaMet', 'Complete', 'CompletionsReached', 'Reached expected number of succeeded pods']
      : ['FailureTarget', 'Failed', failure.reason, failure.message]
  let conditions = withoutCondition(objectsAt(job, 'status', 'conditions'), last)
  for (const type of [first, last])
    conditions = withCondition(conditions, mark(now, undefined, type, 'True', reason, message))
  write(
    context,
    job,
    tally(context.pods.of(job.metadata.uid ?? '')),
    start,
    conditions,
    failure === undefined ? now : undefined,
  )
  record(
    job,
    failure === undefined
      ? { reason: 'Completed', message: 'Job completed' }
      : { type: 'Warning', reason: failure.reason, message: failure.message },
  )
}

function write(
  { client, pods }: Context,
  job: KubeObject,
  { active, succeeded, failed }: Tally,
  start: string | undefined,
  conditions: readonly JsonObject[],
  completed?: number,
): void {
  const wanted = numberAt(job, 'spec', 'completions')
  const finished = conditions.some(one => ['Complete', 'Failed'].includes(textAt(one, 'type')))
  const terminating = pods
    .of(job.metadata.uid ?? '')
    .filter(
      pod =>
        pod.metadata.deletionTimestamp !== undefined &&
        !['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase')),
    )
  const indexes = isIndexed(job) ? [...completedIndexes(succeeded, wanted)].sort((a, b) => a - b) : []
  writeStatus(client, jobs, job, {
    ...(conditions.length === 0 ? {} : { conditions }),
    ...(start === undefined ? {} : { startTime: start }),
    ...(completed === undefined ? {} : { completionTime: timestamp(completed) }),
    ...nonZero({ active: finished ? 0 : active.length, succeeded: succeeded.length, failed: failed.length }),
    ...(indexes.length === 0 ? {} : { completedIndexes: ranges(indexes) }),
    terminating: finished ? 0 : terminating.length,
    ready: finished ? 0 : active.filter(isReady).length,
    uncountedTerminatedPods: {},
  })
}

/** `0-2,5`: how a job writes the indexes that are done. */
function ranges(sorted: readonly number[]): string {
  const parts: [number, number][] = []
  for (const index of sorted) {
    const last = parts.at(-1)
    if (last !== undefined && last[1] === index - 1) last[1] = index
    else parts.push([index, index])
  }
  return parts.map(([from, to]) => (from === to ? `${from}` : `${from}${to === from + 1 ? ',' : '-'}${to}`)).join(',')
}

/** A finished job with a lifetime goes when it is over. */
function expire({ client, clock, queue }: Context, job: KubeObject): void {
  const lifetime = at(job, 'spec', 'ttlSecondsAfterFinished')
  if (typeof lifetime !== 'number') return
  const end = objectsAt(job, 'status', 'conditions').find(one => ['Complete', 'Failed'].includes(textAt(one, 'type')))
  const left = Date.parse(textAt(end, 'lastTransitionTime')) + lifetime * 1000 - clock.now()
  if (left > 0) queue.after(left, keyOf(job))
  else client.delete(jobs, job.metadata.namespace ?? '', job.metadata.name, { propagation: 'Foreground' })
}
