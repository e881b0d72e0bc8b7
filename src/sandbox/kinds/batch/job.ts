import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../../../manifest/json.ts'
import { child, invalid, notSupported, required } from '../../field-error.ts'
import type { Kind } from '../../kind.ts'
import { nameErrors } from '../../registry/names.ts'
import {
  checkImmutable,
  checkLabelSelector,
  checkNonNegative,
  checkOneOf,
  checkTemplateLabels,
  type Errors,
  sortedLabels,
} from '../checks.ts'
import { ageColumn, column, containerColumns, formatLabelSelector, nameColumn, since } from '../columns.ts'
import { defineKind } from '../define.ts'
import { podSpecDefaults } from '../pod/defaults.ts'
import { checkPodTemplate } from '../pod/validate-spec.ts'
import { templateWarnings } from '../pod/warnings.ts'
import type { StructDefaults } from '../schema/normalize.ts'
import {
  asJson,
  asKube,
  at,
  has,
  labelsAt,
  numberAt,
  objectAt,
  objectsAt,
  textAt,
  withAt,
  withMissing,
} from '../schema/value.ts'

const uidLabels = ['controller-uid', 'batch.kubernetes.io/controller-uid'] as const
const nameLabels = ['job-name', 'batch.kubernetes.io/job-name'] as const

/** Defaults of a Job that stands alone; a CronJob's template gets only those of pods. */
const jobDefaults: StructDefaults = {
  ...podSpecDefaults,
  'batch/v1.Job': object => {
    const spec = objectAt(object, 'spec')
    const single = !has(spec, 'completions') && !has(spec, 'parallelism')
    const filled = withMissing(spec, {
      ...(single ? { completions: 1 } : {}),
      parallelism: 1,
      backoffLimit: has(spec, 'backoffLimitPerIndex') ? 2147483647 : 6,
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: has(spec, 'podFailurePolicy') ? 'Failed' : 'TerminatingOrFailed',
      manualSelector: false,
    })
    const labels = at(spec, 'template', 'metadata', 'labels')
    const labelled =
      labels !== undefined && Object.keys(labelsAt(object, 'metadata', 'labels')).length === 0
        ? withAt(object, ['metadata', 'labels'], labels)
        : object
    return filled === spec ? labelled : { ...labelled, spec: filled }
  },
  'batch/v1.PodFailurePolicyOnPodConditionsPattern': pattern =>
    textAt(pattern, 'status') === '' ? { ...pattern, status: 'True' } : pattern,
}

/** `batch/v1` Job. Its selector and the labels that it selects are made from its UID. */
export const job: Kind = defineKind({
  group: 'batch',
  kind: 'Job',
  plural: 'jobs',
  categories: ['all'],
  subresources: ['status'],
  defaults: jobDefaults,
  validate: checkJob,
  validateUpdate: checkJobUpdate,
  selectableFields: { 'status.successful': object => String(numberAt(object, 'status', 'succeeded')) },
  columns: [
    nameColumn,
    column('Status', jobStatus),
    column('Completions', completions),
    column('Duration', duration),
    ageColumn,
    ...containerColumns('spec', 'template', 'spec', 'containers'),
    column('Selector', object => formatLabelSelector(at(object, 'spec', 'selector')), { wide: true }),
  ],
  strategy: {
    warnings: (object, old) => [
      ...(old === undefined ? nameWarnings(object.metadata.name) : []),
      ...ofTemplate(object, old),
    ],
    defaultPropagation: 'Orphan',
    prepareForCreate: object =>
      at(object, 'spec', 'manualSelector') === true ? object : asKube(withSelector(asJson(object))),
  },
})

const ofTemplate = templateWarnings('spec', 'template')

function nameWarnings(name: string): readonly string[] {
  const problems = nameErrors('dns1123Label', name)
  return problems.length === 0
    ? []
    : [
        `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${problems.join(' ')}]`,
      ]
}

function withSelector(object: JsonObject): JsonObject {
  const name = textAt(object, 'metadata', 'name')
  const uid = textAt(object, 'metadata', 'uid')
  const labels = {
    ...Object.fromEntries(nameLabels.map(key => [key, name])),
    ...Object.fromEntries(uidLabels.map(key => [key, uid])),
    ...labelsAt(object, 'spec', 'template', 'metadata', 'labels'),
  }
  // labels that were defaulted from the template's are the same map to the server, and get what the template gets
  const shared = isDeepStrictEqual(
    labelsAt(object, 'metadata', 'labels'),
    labelsAt(object, 'spec', 'template', 'metadata', 'labels'),
  )
  const owner = shared && has(object, 'metadata', 'labels') ? withAt(object, ['metadata', 'labels'], labels) : object
  const matched = { [uidLabels[1]]: uid, ...labelsAt(object, 'spec', 'selector', 'matchLabels') }
  return withAt(
    withAt(owner, ['spec', 'template', 'metadata', 'labels'], labels),
    ['spec', 'selector', 'matchLabels'],
    matched,
  )
}

function hasCondition(object: JsonObject, type: string): boolean {
  return objectsAt(object, 'status', 'conditions').some(
    one => textAt(one, 'type') === type && textAt(one, 'status') === 'True',
  )
}

function jobStatus(object: JsonObject): string {
  if (hasCondition(object, 'Complete')) return 'Complete'
  if (hasCondition(object, 'Failed')) return 'Failed'
  if (has(object, 'metadata', 'deletionTimestamp')) return 'Terminating'
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(type => hasCondition(object, type)) ?? 'Running'
}

function completions(object: JsonObject): string {
  const succeeded = numberAt(object, 'status', 'succeeded')
  if (has(object, 'spec', 'completions')) return `${succeeded}/${numberAt(object, 'spec', 'completions')}`
  const parallelism = numberAt(object, 'spec', 'parallelism')
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

function duration(object: JsonObject, now: number): string {
  const start = textAt(object, 'status', 'startTime')
  const end = textAt(object, 'status', 'completionTime')
  return start === '' ? '' : since(start, end === '' ? now : Date.parse(end))
}

function checkJob(object: JsonObject, errors: Errors): void {
  const spec = objectAt(object, 'spec')
  const manual = at(spec, 'manualSelector') === true
  if (!manual && has(spec, 'selector')) checkGenerated(object, errors)
  checkJobSpec(spec, 'spec', errors)
  if (!has(spec, 'selector')) errors.push(required('spec.selector'))
  else checkLabelSelector(objectAt(spec, 'selector'), 'spec.selector', errors)
  checkTemplateLabels(has(spec, 'selector') ? objectAt(spec, 'selector') : undefined, spec, 'spec', errors)
}

function checkGenerated(object: JsonObject, errors: Errors): void {
  const labels = labelsAt(object, 'spec', 'template', 'metadata', 'labels')
  const expected: readonly (readonly [string, string])[] = [
    ...uidLabels.slice(0, 1).map(key => [key, textAt(object, 'metadata', 'uid')] as const),
    ...nameLabels.slice(0, 1).map(key => [key, textAt(object, 'metadata', 'name')] as const),
    [uidLabels[1], textAt(object, 'metadata', 'uid')],
    [nameLabels[1], textAt(object, 'metadata', 'name')],
  ]
  for (const [key, value] of expected) {
    const path = child('spec.template.metadata.labels', [key])
    const actual = labels[key]
    if (actual === undefined) errors.push(required(path, `must be '${value}'`))
    else if (actual !== value) errors.push(invalid(path, sortedLabels(labels), `must be '${value}'`))
  }
  const matched = labelsAt(object, 'spec', 'selector', 'matchLabels')
  const known = new Map(expected)
  if (Object.entries(matched).some(([key, value]) => known.get(key) !== value))
    errors.push(
      invalid('spec.selector', withSortedLabels(objectAt(object, 'spec', 'selector')), '`selector` not auto-generated'),
    )
}

function withSortedLabels(selector: JsonObject): JsonObject {
  return { ...selector, matchLabels: sortedLabels(labelsAt(selector, 'matchLabels')) }
}

const restartPolicies = ['OnFailure', 'Never']

/** The specification of a Job, also as a CronJob's template has it. */
export function checkJobSpec(spec: JsonObject, path: string, errors: Errors): void {
  for (const field of [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ])
    checkNonNegative(spec, field, path, errors)
  const mode = textAt(spec, 'completionMode')
  if (has(spec, 'completionMode')) checkOneOf(mode, ['NonIndexed', 'Indexed'], child(path, 'completionMode'), errors)
  if (mode === 'Indexed') {
    if (!has(spec, 'completions')) errors.push(required(child(path, 'completions'), 'when completion mode is Indexed'))
  } else
    for (const field of ['backoffLimitPerIndex', 'maxFailedIndexes'])
      if (has(spec, field))
        errors.push(invalid(child(path, field), numberAt(spec, field), 'requires indexed completion mode'))
  checkPodTemplate(objectAt(spec, 'template'), child(path, 'template'), errors)
  const policy = textAt(spec, 'template', 'spec', 'restartPolicy')
  const policyPath = child(path, 'template', 'spec', 'restartPolicy')
  if (policy === 'Always' || policy === '') errors.push(required(policyPath, 'valid values: "OnFailure", "Never"'))
  else if (!restartPolicies.includes(policy)) errors.push(notSupported(policyPath, policy, restartPolicies))
  else if (has(spec, 'podFailurePolicy') && policy !== 'Never')
    errors.push(invalid(policyPath, policy, 'only "Never" is supported when podFailurePolicy is specified'))
}

function checkJobUpdate(object: JsonObject, old: JsonObject, errors: Errors): void {
  const [spec, before] = [objectAt(object, 'spec'), objectAt(old, 'spec')]
  checkJob(object, errors)
  checkJobSpec(spec, 'spec', errors)
  if (!has(spec, 'selector')) errors.push(required('spec.selector'))
  checkTemplateLabels(has(spec, 'selector') ? objectAt(spec, 'selector') : undefined, spec, 'spec', errors)
  const fixed = (field: string) => {
    const value = field === 'selector' && has(spec, field) ? withSortedLabels(objectAt(spec, field)) : at(spec, field)
    const old =
      field === 'selector' && has(before, field) ? withSortedLabels(objectAt(before, field)) : at(before, field)
    checkImmutable(value, old, child('spec', field), errors)
  }
  if (textAt(spec, 'completionMode') !== 'Indexed') fixed('completions')
  else if (
    at(spec, 'completions') !== at(before, 'completions') &&
    has(spec, 'completions') &&
    at(spec, 'completions') !== at(spec, 'parallelism')
  )
    errors.push(
      invalid('spec.completions', at(spec, 'completions'), 'can only be modified in tandem with spec.parallelism'),
    )
  fixed('selector')
  checkTemplateUpdate(object, old, errors)
  for (const field of ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'])
    fixed(field)
}

const schedulingFields = ['nodeSelector', 'tolerations', 'schedulingGates', 'affinity'] as const

/** A job that was created suspended and has not begun may still be told where to run. */
function checkTemplateUpdate(object: JsonObject, old: JsonObject, errors: Errors): void {
  const template = objectAt(object, 'spec', 'template')
  let before = objectAt(old, 'spec', 'template')
  if (at(old, 'spec', 'suspend') === true && !has(old, 'status', 'startTime')) {
    for (const field of schedulingFields) before = withAt(before, ['spec', field], at(template, 'spec', field))
    for (const field of ['labels', 'annotations'])
      before = withAt(before, ['metadata', field], at(template, 'metadata', field))
  }
  checkImmutable(template, before, 'spec.template', errors)
}
