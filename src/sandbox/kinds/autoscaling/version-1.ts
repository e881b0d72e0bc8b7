import { isObject, type JsonObject, type JsonValue } from '../../../manifest/json.ts'
import type { KubeObject } from '../../../manifest/object.ts'
import { structOfKind } from '../schema/go-types.ts'
import { normalize } from '../schema/normalize.ts'
import { asJson, asKube, at, has, objectAt, objectsAt, textAt } from '../schema/value.ts'

const metricsAnnotation = 'autoscaling.alpha.kubernetes.io/metrics'
const currentAnnotation = 'autoscaling.alpha.kubernetes.io/current-metrics'
const conditionsAnnotation = 'autoscaling.alpha.kubernetes.io/conditions'
const behaviorAnnotation = 'autoscaling.alpha.kubernetes.io/behavior'
const annotations = [metricsAnnotation, currentAnnotation, conditionsAnnotation, behaviorAnnotation]

const isCpu = (metric: JsonObject) =>
  textAt(metric, 'type') === 'Resource' &&
  textAt(metric, 'resource', 'name') === 'cpu' &&
  has(metric, 'resource', 'target', 'averageUtilization')

/** Field sets are converted by way of objects that have nothing but those fields, and no metadata where none are owned. */
function annotationsOf(object: KubeObject): Readonly<Record<string, string>> {
  return objectAt(object, 'metadata', 'annotations') as Readonly<Record<string, string>>
}

/**
 * `autoscaling/v1` as v2: the CPU percentage becomes a metric; what v1 has no field for comes from annotations.
 */
export function fromV1(object: KubeObject): KubeObject {
  const { targetCPUUtilizationPercentage, ...spec } = objectAt(object, 'spec')
  const { currentCPUUtilizationPercentage, ...status } = objectAt(object, 'status')
  const given = annotationsOf(object)
  const read = (key: string): JsonValue | undefined => {
    try {
      return given[key] === undefined ? undefined : (JSON.parse(given[key]) as JsonValue)
    } catch {
      return undefined
    }
  }
  const extra = read(metricsAnnotation)
  const metrics = [
    ...(Array.isArray(extra) ? (extra as JsonObject[]).map(metricFromAnnotation) : []),
    ...(targetCPUUtilizationPercentage === undefined || targetCPUUtilizationPercentage === null
      ? []
      : [
          {
            type: 'Resource',
            resource: {
              name: 'cpu',
              target: { type: 'Utilization', averageUtilization: targetCPUUtilizationPercentage },
            },
          },
        ]),
  ]
  const behavior = fromGoNames(read(behaviorAnnotation))
  const conditions = read(conditionsAnnotation)
  const kept = Object.fromEntries(Object.entries(given).filter(([key]) => !annotations.includes(key)))
  const hasOwn = Object.keys(given).some(key => annotations.includes(key))
  return asKube({
    ...asJson(object),
    ...(hasOwn ? { metadata: { ...(asJson(object)['metadata'] as JsonObject), annotations: kept } } : {}),
    spec: {
      ...spec,
      ...(metrics.length === 0 ? {} : { metrics }),
      ...(behavior === undefined ? {} : { behavior }),
    },
    ...(has(object, 'status') || conditions !== undefined
      ? {
          status: {
            ...status,
            ...(conditions === undefined ? {} : { conditions }),
            ...(currentCPUUtilizationPercentage === undefined
              ? {}
              : {
                  currentMetrics: [
                    {
                      type: 'Resource',
                      resource: { name: 'cpu', current: { averageUtilization: currentCPUUtilizationPercentage } },
                    },
                  ],
                }),
          },
        }
      : {}),
  })
}

/** v2 as `autoscaling/v1`; what has no field there is written into annotations. */
export function toV1(object: KubeObject): KubeObject {
  const { metrics: _metrics, behavior, ...spec } = objectAt(object, 'spec')
  const { currentMetrics: _current, conditions, ...status } = objectAt(object, 'status')
  const wanted = objectsAt(object, 'spec', 'metrics')
  const cpu = wanted.find(isCpu)
  const others = wanted.filter(metric => metric !== cpu)
  const current = objectsAt(object, 'status', 'currentMetrics')
  const cpuNow = current.find(metric => has(metric, 'resource', 'current', 'averageUtilization'))
  const notes: Record<string, string> = { ...annotationsOf(object) }
  if (others.length > 0) notes[metricsAnnotation] = JSON.stringify(others.map(metricToAnnotation))
  if (Array.isArray(conditions) && conditions.length > 0) notes[conditionsAnnotation] = JSON.stringify(conditions)
  if (current.length > 0) notes[currentAnnotation] = JSON.stringify(current)
  if (behavior !== undefined && behavior !== null)
    notes[behaviorAnnotation] = JSON.stringify(inGoNames(objectAt(behavior)))
  const struct = structOfKind('autoscaling/v1', 'HorizontalPodAutoscaler')
  const converted: JsonObject = {
    ...asJson(object),
    metadata: {
      ...(asJson(object)['metadata'] as JsonObject),
      ...(Object.keys(notes).length === 0 ? {} : { annotations: notes }),
    },
    spec: {
      ...spec,
      ...(cpu === undefined
        ? {}
        : { targetCPUUtilizationPercentage: at(cpu, 'resource', 'target', 'averageUtilization') }),
    },
    status: {
      ...status,
      ...(cpuNow === undefined
        ? {}
        : { currentCPUUtilizationPercentage: at(cpuNow, 'resource', 'current', 'averageUtilization') }),
    },
  }
  return asKube(struct === undefined ? converted : normalize(struct, converted, {}))
}

/** The form of v2beta1, which the annotation keeps. */
function metricToAnnotation(metric: JsonObject): JsonObject {
  if (textAt(metric, 'type') !== 'Resource') return metric
  const target = objectAt(metric, 'resource', 'target')
  return {
    type: 'Resource',
    resource: {
      name: textAt(metric, 'resource', 'name'),
      ...(has(target, 'averageUtilization') ? { targetAverageUtilization: at(target, 'averageUtilization') } : {}),
      ...(has(target, 'averageValue') ? { targetAverageValue: at(target, 'averageValue') } : {}),
    },
  }
}

function metricFromAnnotation(metric: JsonObject): JsonObject {
  const resource = objectAt(metric, 'resource')
  const utilization = at(resource, 'targetAverageUtilization')
  const value = at(resource, 'targetAverageValue')
  if (utilization === undefined && value === undefined) return metric
  return {
    type: 'Resource',
    resource: {
      name: textAt(resource, 'name'),
      target:
        utilization === undefined
          ? { type: 'AverageValue', averageValue: value }
          : { type: 'Utilization', averageUtilization: utilization },
    },
  }
}

/** The annotation keeps the server's internal type, whose fields have Go's names. */
function inGoNames(behavior: JsonObject): JsonObject {
  const rules = (field: string): JsonValue => {
    if (!has(behavior, field)) return null
    const given = objectAt(behavior, field)
    return {
      StabilizationWindowSeconds: at(given, 'stabilizationWindowSeconds') ?? null,
      SelectPolicy: at(given, 'selectPolicy') ?? null,
      Policies: objectsAt(given, 'policies').map(({ type, value, periodSeconds }) => ({
        Type: type,
        Value: value,
        PeriodSeconds: periodSeconds,
      })),
      Tolerance: at(given, 'tolerance') ?? null,
    }
  }
  return { ScaleUp: rules('scaleUp'), ScaleDown: rules('scaleDown') }
}

function fromGoNames(value: JsonValue | undefined): JsonValue | undefined {
  if (Array.isArray(value)) return value.map(item => fromGoNames(item) ?? null)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== null)
      .map(([name, field]) => [`${name.slice(0, 1).toLowerCase()}${name.slice(1)}`, fromGoNames(field)]),
  )
}
