import type { JsonObject, JsonValue } from '../../../manifest/json.ts'
import { child, forbiddenField, invalid, notSupported, required } from '../../field-error.ts'
import type { Kind } from '../../kind.ts'
import type { Errors } from '../checks.ts'
import { ageColumn, column, nameColumn } from '../columns.ts'
import { defineKind } from '../define.ts'
import { at, has, numberAt, objectAt, objectsAt, textAt, withField, withMissing } from '../schema/value.ts'
import { fromV1, toV1 } from './version-1.ts'

const sources = {
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
  External: 'external',
  ContainerResource: 'containerResource',
} as const

const scaleUp = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
}
const scaleDown = { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] }

/** `autoscaling` HorizontalPodAutoscaler in versions v2 and v1. */
export const horizontalPodAutoscaler: Kind = defineKind({
  group: 'autoscaling',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'],
  categories: ['all'],
  subresources: ['status'],
  versions: [{ version: 'v2' }, { version: 'v1', toStorage: fromV1, fromStorage: toV1 }],
  storageVersion: 'v2',
  defaults: {
    'autoscaling/v2.HorizontalPodAutoscalerSpec': spec =>
      withMissing(objectsAt(spec, 'metrics').length === 0 ? { ...spec, metrics: [cpuAtEighty] } : spec, {
        minReplicas: 1,
      }),
    'autoscaling/v2.HorizontalPodAutoscalerBehavior': behavior =>
      withField(
        withField(behavior, 'scaleUp', rules => withMissing(objectAt(rules), scaleUp)),
        'scaleDown',
        rules => withMissing(objectAt(rules), scaleDown),
      ),
  },
  validate: checkAutoscaler,
  columns: [
    nameColumn,
    column('Reference', object => {
      const target = objectAt(object, 'spec', 'scaleTargetRef')
      return `${textAt(target, 'kind')}/${textAt(target, 'name')}`
    }),
    column('Targets', targets),
    column('MinPods', object =>
      has(object, 'spec', 'minReplicas') ? String(numberAt(object, 'spec', 'minReplicas')) : '<unset>',
    ),
    column('MaxPods', object => numberAt(object, 'spec', 'maxReplicas')),
    column('Replicas', object => numberAt(object, 'status', 'currentReplicas')),
    ageColumn,
  ],
})

const cpuAtEighty: JsonObject = {
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
}

function targets(object: JsonObject): string {
  const specs = objectsAt(object, 'spec', 'metrics')
  if (specs.length === 0) return '<none>'
  const statuses = objectsAt(object, 'status', 'currentMetrics')
  const texts = specs.map((spec, index) => target(spec, statuses[index]))
  const shown = texts.slice(0, 2).join(', ')
  return texts.length > 2 ? `${shown} + ${texts.length - 2} more...` : shown
}

function target(spec: JsonObject, status: JsonObject | undefined): string {
  const source = sources[textAt(spec, 'type') as keyof typeof sources]
  if (source === undefined) return '<unknown type>'
  const wanted = objectAt(spec, source, 'target')
  const current = objectAt(status, source, 'current')
  const show = (value: JsonValue | undefined) => (value === undefined || value === null ? '<unknown>' : String(value))
  if (source === 'resource' || source === 'containerResource') {
    const name = textAt(spec, source, 'name')
    if (has(wanted, 'averageValue'))
      return `${name}: ${show(at(current, 'averageValue'))}/${textAt(wanted, 'averageValue')}`
    const now = at(current, 'averageUtilization')
    const goal = at(wanted, 'averageUtilization')
    return `${name}: ${now === undefined ? '<unknown>' : `${now}%`}/${goal === undefined ? '<auto>' : `${goal}%`}`
  }
  if (source === 'pods') return `${show(at(current, 'averageValue'))}/${textAt(wanted, 'averageValue')}`
  if (has(wanted, 'averageValue')) return `${show(at(current, 'averageValue'))}/${textAt(wanted, 'averageValue')} (avg)`
  return `${show(at(current, 'value'))}/${textAt(wanted, 'value')}`
}

function checkAutoscaler(object: JsonObject, errors: Errors): void {
  const spec = objectAt(object, 'spec')
  const [min, max] = [numberAt(spec, 'minReplicas'), numberAt(spec, 'maxReplicas')]
  if (min < 1) errors.push(invalid('spec.minReplicas', min, 'must be greater than or equal to 1'))
  if (max < 1) errors.push(invalid('spec.maxReplicas', max, 'must be greater than 0'))
  if (max < min) errors.push(invalid('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'))
  checkReference(objectAt(spec, 'scaleTargetRef'), 'spec.scaleTargetRef', errors)
  if (!textAt(spec, 'scaleTargetRef', 'apiVersion').includes('/'))
    errors.push(
      invalid(
        'spec.scaleTargetRef.apiVersion',
        textAt(spec, 'scaleTargetRef', 'apiVersion'),
        'apiVersion must specify API group',
      ),
    )
  objectsAt(spec, 'metrics').forEach((metric, index) => {
    checkMetric(metric, child('spec.metrics', index), errors)
  })
}

function checkReference(reference: JsonObject, path: string, errors: Errors): void {
  for (const field of ['kind', 'name']) {
    const text = textAt(reference, field)
    if (text === '') errors.push(required(child(path, field)))
    else
      for (const part of ['/', '%'])
        if (text.includes(part)) errors.push(invalid(child(path, field), text, `may not contain '${part}'`))
  }
}

function checkMetric(metric: JsonObject, path: string, errors: Errors): void {
  const type = textAt(metric, 'type')
  const known = Object.keys(sources).sort()
  if (type === '') errors.push(required(child(path, 'type'), 'must specify a metric source type'))
  const expected = sources[type as keyof typeof sources]
  if (expected === undefined) errors.push(notSupported(child(path, 'type'), type, known))
  const given = Object.values(sources).filter(source => has(metric, source))
  for (const source of given.slice(0, 1)) checkSource(objectAt(metric, source), source, child(path, source), errors)
  if (expected === undefined) errors.push(notSupported(child(path, 'type'), type, known))
  if (expected !== undefined && !has(metric, expected))
    errors.push(required(child(path, expected), 'must populate information for the given metric source'))
  if (given.length !== 1)
    for (const source of given)
      if (source !== expected)
        errors.push(forbiddenField(child(path, source), 'must populate the given metric source only'))
}

function checkSource(source: JsonObject, kind: string, path: string, errors: Errors): void {
  const resource = kind === 'resource' || kind === 'containerResource'
  if (resource && textAt(source, 'name') === '')
    errors.push(required(child(path, 'name'), 'must specify a resource name'))
  const here = child(path, 'target')
  const wanted = objectAt(source, 'target')
  const type = textAt(wanted, 'type')
  if (type === '') errors.push(required(child(here, 'type'), 'must specify a metric target type'))
  if (!['Utilization', 'Value', 'AverageValue'].includes(type))
    errors.push(invalid(child(here, 'type'), type, 'must be either Utilization, Value, or AverageValue'))
  const utilization = at(wanted, 'averageUtilization')
  if (typeof utilization === 'number' && utilization < 1)
    errors.push(invalid(child(here, 'averageUtilization'), utilization, 'must be greater than 0'))
  if (!resource) return
  if (!has(wanted, 'averageUtilization') && !has(wanted, 'averageValue'))
    errors.push(
      required(child(here, 'averageUtilization'), 'must set either a target raw value or a target utilization'),
    )
  if (has(wanted, 'averageUtilization') && has(wanted, 'averageValue'))
    errors.push(
      forbiddenField(child(here, 'averageValue'), 'may not set both a target raw value and a target utilization'),
    )
}
