import type { JsonObject } from '../../../manifest/json.ts'
import { child, invalid, notSupported, required } from '../../field-error.ts'
import type { Kind } from '../../kind.ts'
import { checkNonNegative, type Errors } from '../checks.ts'
import { ageAt, ageColumn, column, containerColumns, formatLabelSelector, nameColumn } from '../columns.ts'
import { defineKind, withSpec } from '../define.ts'
import { podSpecDefaults } from '../pod/defaults.ts'
import { templateWarnings } from '../pod/warnings.ts'
import { at, has, objectAt, objectsAt, textAt, withField } from '../schema/value.ts'
import { checkJobSpec } from './job.ts'
import { parseSchedule } from './schedule.ts'

/** `batch/v1` CronJob. */
export const cronJob: Kind = defineKind({
  group: 'batch',
  kind: 'CronJob',
  plural: 'cronjobs',
  shortNames: ['cj'],
  categories: ['all'],
  subresources: ['status'],
  defaults: {
    ...podSpecDefaults,
    'batch/v1.CronJob': object =>
      withField(
        withSpec(object, { suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 }),
        'spec',
        spec => (textAt(spec, 'concurrencyPolicy') === '' ? { ...objectAt(spec), concurrencyPolicy: 'Allow' } : spec),
      ),
    'batch/v1.PodFailurePolicyOnPodConditionsPattern': pattern =>
      textAt(pattern, 'status') === '' ? { ...pattern, status: 'True' } : pattern,
  },
  validate(object, errors) {
    checkCronJob(object, errors)
    const name = textAt(object, 'metadata', 'name')
    if (name.length > 52) errors.push(invalid('metadata.name', name, 'must be no more than 52 characters'))
  },
  validateUpdate: checkCronJob,
  strategy: { warnings: templateWarnings('spec', 'jobTemplate', 'spec', 'template') },
  columns: [
    nameColumn,
    column('Schedule', object => textAt(object, 'spec', 'schedule')),
    column('Timezone', object => textAt(object, 'spec', 'timeZone') || '<none>'),
    column('Suspend', object => (at(object, 'spec', 'suspend') === true ? 'True' : 'False'), { type: 'boolean' }),
    column('Active', object => objectsAt(object, 'status', 'active').length, { type: 'integer' }),
    column('Last Schedule', (object, now) =>
      has(object, 'status', 'lastScheduleTime') ? ageAt(object, now, 'status', 'lastScheduleTime') : '<none>',
    ),
    ageColumn,
    ...containerColumns('spec', 'jobTemplate', 'spec', 'template', 'spec', 'containers'),
    column('Selector', object => formatLabelSelector(at(object, 'spec', 'jobTemplate', 'spec', 'selector')), {
      wide: true,
    }),
  ],
})

function checkCronJob(object: JsonObject, oldOrErrors: JsonObject | Errors, given?: Errors): void {
  const errors = given ?? (oldOrErrors as Errors)
  const spec = objectAt(object, 'spec')
  const schedule = textAt(spec, 'schedule')
  if (schedule === '') errors.push(required('spec.schedule'))
  else {
    const parsed = parseSchedule(schedule)
    if (typeof parsed === 'string') errors.push(invalid('spec.schedule', schedule, parsed))
    if (schedule.includes('TZ'))
      errors.push(
        invalid('spec.schedule', schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'),
      )
  }
  checkNonNegative(spec, 'startingDeadlineSeconds', 'spec', errors)
  checkTimeZone(at(spec, 'timeZone'), errors)
  const policy = textAt(spec, 'concurrencyPolicy')
  if (!['Allow', 'Forbid', 'Replace'].includes(policy))
    errors.push(notSupported('spec.concurrencyPolicy', policy, ['Allow', 'Forbid', 'Replace']))
  const path = 'spec.jobTemplate.spec'
  const template = objectAt(spec, 'jobTemplate', 'spec')
  checkJobSpec(template, path, errors)
  if (has(template, 'selector'))
    errors.push(invalid(child(path, 'selector'), at(template, 'selector'), '`selector` will be auto-generated'))
  if (at(template, 'manualSelector') === true)
    errors.push(notSupported(child(path, 'manualSelector'), true, ['nil', 'false']))
  checkNonNegative(spec, 'successfulJobsHistoryLimit', 'spec', errors)
  checkNonNegative(spec, 'failedJobsHistoryLimit', 'spec', errors)
}

function checkTimeZone(zone: unknown, errors: Errors): void {
  if (zone === undefined || zone === null) return
  const name = String(zone)
  if (name === '') errors.push(invalid('spec.timeZone', name, 'timeZone must be nil or non-empty string'))
  else if (name.toLowerCase() === 'local')
    errors.push(
      invalid(
        'spec.timeZone',
        name,
        'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
      ),
    )
  else if (!isTimeZone(name)) errors.push(invalid('spec.timeZone', name, `unknown time zone ${name}`))
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
