import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { timestamp } from '../clock.ts'
import type { Controller, ControllerContext } from '../controller.ts'
import { nextTime, parseSchedule } from '../kinds/batch/schedule.ts'
import { at, labelsAt, numberAt, objectAt, objectsAt, textAt } from '../kinds/schema/value.ts'
import { isFinished } from './job.ts'
import { createEventRecorder, type EventRecorder } from './shared/event-recorder.ts'
import { type Index, indexByOwner, ownerReference } from './shared/index-of.ts'
import { reconcileOwners } from './shared/owners.ts'
import type { Reconciler } from './shared/reconciler.ts'
import { isTrue, writeStatus } from './shared/status.ts'

const cronJobs = 'batch/cronjobs'
const jobs = 'batch/jobs'

interface Context extends ControllerContext {
  readonly record: EventRecorder
  readonly queue: Reconciler
  readonly owned: Index
}

/** Makes a Job of each CronJob whenever its schedule says so, and keeps as many finished ones as it wants. */
export const cronJobController: Controller = base => {
  const { client, clock } = base
  const record = createEventRecorder(client, clock, 'cronjob-controller')
  const owners = reconcileOwners(base, cronJobs, cronJob => {
    if (cronJob.metadata.deletionTimestamp === undefined) reconcile({ ...base, record, queue, owned }, cronJob)
  })
  const { queue } = owners
  const owned = indexByOwner(client, jobs, owners.wake)
  return () => {
    owners.stop()
    owned.stop()
  }
}

function reconcile(context: Context, cronJob: KubeObject): void {
  const { clock, queue } = context
  const { namespace = '', name } = cronJob.metadata
  sawFinished(context, cronJob)
  keepHistory(context, cronJob)
  const schedule = parseSchedule(textAt(cronJob, 'spec', 'schedule'))
  if (typeof schedule === 'string' || at(cronJob, 'spec', 'suspend') === true) return
  const zone = textAt(cronJob, 'spec', 'timeZone') || 'UTC'
  const since = Date.parse(textAt(cronJob, 'status', 'lastScheduleTime') || (cronJob.metadata.creationTimestamp ?? ''))
  const now = clock.now()
  let due: number | undefined
  // what was missed while nobody looked is made up for once, with the latest time
  for (
    let next = nextTime(schedule, since, zone), tries = 0;
    next !== undefined && next <= now && tries < 1_000;
    tries++
  ) {
    due = next
    next = nextTime(schedule, next, zone)
  }
  if (due !== undefined) start(context, cronJob, due)
  const next = nextTime(schedule, now, zone)
  if (next !== undefined) queue.after(next - now, `${namespace}/${name}`)
}

function start(context: Context, cronJob: KubeObject, time: number): void {
  const { client, clock, record, owned } = context
  const { uid = '', namespace = '', name } = cronJob.metadata
  const deadline = at(cronJob, 'spec', 'startingDeadlineSeconds')
  if (typeof deadline === 'number' && clock.now() - time > deadline * 1000) {
    record(cronJob, {
      type: 'Warning',
      reason: 'MissSchedule',
      message: `Missed scheduled time to start a job: ${new Date(time).toUTCString()}`,
    })
    return
  }
  const active = owned.of(uid).filter(job => !isFinished(job))
  const policy = textAt(cronJob, 'spec', 'concurrencyPolicy')
  if (policy === 'Forbid' && active.length > 0) {
    record(cronJob, {
      reason: 'JobAlreadyActive',
      message: 'Not starting job because prior execution is running and concurrency policy is Forbid',
    })
    return
  }
  if (policy === 'Replace')
    for (const job of active) {
      client.delete(jobs, namespace, job.metadata.name, { propagation: 'Background' })
      record(cronJob, { reason: 'SuccessfulDelete', message: `Deleted job ${job.metadata.name}` })
    }
  const template = objectAt(cronJob, 'spec', 'jobTemplate')
  const jobName = `${name}-${Math.floor(time / 60_000)}`
  if (client.get(jobs, namespace, jobName) === undefined) {
    client.create(jobs, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name: jobName,
        namespace,
        labels: labelsAt(template, 'metadata', 'labels'),
        annotations: {
          ...labelsAt(template, 'metadata', 'annotations'),
          'batch.kubernetes.io/cronjob-scheduled-timestamp': timestamp(time),
        },
        ownerReferences: [ownerReference(cronJob)],
      },
      spec: objectAt(template, 'spec'),
    })
    record(cronJob, { reason: 'SuccessfulCreate', message: `Created job ${jobName}` })
  }
  write(context, cronJob, { lastScheduleTime: timestamp(time) })
}

/** Notes jobs that have ended since, and when the last one succeeded. */
function sawFinished(context: Context, cronJob: KubeObject): void {
  const { client, record, owned } = context
  let last = textAt(cronJob, 'status', 'lastSuccessfulTime')
  for (const reference of objectsAt(cronJob, 'status', 'active')) {
    const job = client.get(jobs, cronJob.metadata.namespace ?? '', textAt(reference, 'name'))
    if (job === undefined || !isFinished(job)) continue
    const complete = isTrue(job, 'Complete')
    record(cronJob, {
      reason: 'SawCompletedJob',
      message: `Saw completed job: ${job.metadata.name}, condition: ${complete ? 'Complete' : 'Failed'}`,
    })
  }
  for (const job of owned.of(cronJob.metadata.uid ?? '')) {
    const end = textAt(job, 'status', 'completionTime')
    if (end > last) last = end
  }
  write(context, cronJob, last === '' ? {} : { lastSuccessfulTime: last })
}

function write({ client, owned }: Context, cronJob: KubeObject, changes: JsonObject): void {
  const live = client.get(cronJobs, cronJob.metadata.namespace ?? '', cronJob.metadata.name)
  if (live === undefined) return
  const active = owned
    .of(cronJob.metadata.uid ?? '')
    .filter(job => !isFinished(job))
    .map(job => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      name: job.metadata.name,
      namespace: job.metadata.namespace ?? '',
      uid: job.metadata.uid ?? '',
      resourceVersion: job.metadata.resourceVersion ?? '',
    }))
  const known = objectsAt(live, 'status', 'active').map(one => textAt(one, 'uid'))
  const same = known.length === active.length && active.every(one => known.includes(one.uid))
  const { active: old, ...status } = objectAt(live, 'status')
  const kept = same ? old : active.length === 0 ? undefined : active
  writeStatus(client, cronJobs, live, { ...status, ...changes, ...(kept === undefined ? {} : { active: kept }) })
}

function keepHistory({ client, record, owned }: Context, cronJob: KubeObject): void {
  const finished = owned.of(cronJob.metadata.uid ?? '').filter(isFinished)
  const drop = (list: readonly KubeObject[], limit: number) => {
    const sorted = list.toSorted((a, b) =>
      textAt(a, 'status', 'startTime').localeCompare(textAt(b, 'status', 'startTime')),
    )
    for (const job of sorted.slice(0, Math.max(0, sorted.length - limit))) {
      if (job.metadata.deletionTimestamp !== undefined) continue
      client.delete(jobs, job.metadata.namespace ?? '', job.metadata.name, { propagation: 'Background' })
      record(cronJob, { reason: 'SuccessfulDelete', message: `Deleted job ${job.metadata.name}` })
    }
  }
  drop(
    finished.filter(job => isTrue(job, 'Complete')),
    numberAt(cronJob, 'spec', 'successfulJobsHistoryLimit'),
  )
  drop(
    finished.filter(job => isTrue(job, 'Failed')),
    numberAt(cronJob, 'spec', 'failedJobsHistoryLimit'),
  )
}
