import type { JsonObject } from '../../../manifest/json.ts'
import { child, required } from '../../field-error.ts'
import type { Kind } from '../../kind.ts'
import { checkIp, checkLabels, checkNonNegative, checkPortNumber, checkTemplateLabels } from '../checks.ts'
import { ageColumn, column, containerColumns, firstOf, formatLabels, labelMapText, nameColumn } from '../columns.ts'
import { defineKind } from '../define.ts'
import { podSpecDefaults } from '../pod/defaults.ts'
import { checkQuantity } from '../pod/validate-resources.ts'
import { checkPodTemplate, checkRunsForGood } from '../pod/validate-spec.ts'
import {
  at,
  has,
  labelsAt,
  numberAt,
  objectAt,
  objectsAt,
  textAt,
  withField,
  withMissing,
  withUnset,
} from '../schema/value.ts'

/** `v1` ServiceAccount. */
export const serviceAccount: Kind = defineKind({
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  subresources: ['token'],
  columns: [nameColumn, column('Secrets', object => objectsAt(object, 'secrets').length), ageColumn],
})

/** `v1` Endpoints, the older form of EndpointSlices. */
export const endpoints: Kind = defineKind({
  kind: 'Endpoints',
  plural: 'endpoints',
  shortNames: ['ep'],
  versions: [
    {
      version: 'v1',
      deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
    },
  ],
  columns: [nameColumn, column('Endpoints', formatEndpoints), ageColumn],
  defaults: { 'core/v1.EndpointPort': port => withUnset(port, { protocol: 'TCP' }) },
  validate(object, errors) {
    objectsAt(object, 'subsets').forEach((subset, index) => {
      const path = child('subsets', index)
      const addresses = objectsAt(subset, 'addresses')
      const notReady = objectsAt(subset, 'notReadyAddresses')
      if (addresses.length + notReady.length === 0)
        errors.push(required(path, 'must specify `addresses` or `notReadyAddresses`'))
      addresses.forEach((address, at) => {
        checkIp(textAt(address, 'ip'), child(path, 'addresses', at, 'ip'), errors)
      })
      objectsAt(subset, 'ports').forEach((port, at) => {
        checkPortNumber(numberAt(port, 'port'), child(path, 'ports', at, 'port'), errors)
      })
    })
  },
  strategy: { createOnUpdate: true },
})

function formatEndpoints(object: JsonObject): string {
  const subsets = objectsAt(object, 'subsets')
  if (subsets.length === 0) return '<none>'
  const host = (ip: string) => (ip.includes(':') ? `[${ip}]` : ip)
  const all = subsets.flatMap(subset => {
    const ips = objectsAt(subset, 'addresses').map(address => textAt(address, 'ip'))
    const ports = objectsAt(subset, 'ports')
    if (ports.length === 0) return ips
    return ports.flatMap(port => ips.map(ip => `${host(ip)}:${numberAt(port, 'port')}`))
  })
  return firstOf(all, 3)
}

/** `v1` ResourceQuota. */
export const resourceQuota: Kind = defineKind({
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  shortNames: ['quota'],
  subresources: ['status'],
  columns: [
    nameColumn,
    column('Request', object => usage(object, false)),
    column('Limit', object => usage(object, true)),
    ageColumn,
  ],
  validate(object, errors) {
    for (const [name, text] of Object.entries(labelsAt(object, 'spec', 'hard')))
      checkQuantity(text, child('spec.hard', [name]), errors)
  },
})

function usage(object: JsonObject, limits: boolean): string {
  const hard = labelsAt(object, 'status', 'hard')
  const used = labelsAt(object, 'status', 'used')
  return Object.keys(hard)
    .sort()
    .filter(name => name.startsWith('limits.') === limits)
    .map(name => `${name}: ${used[name] ?? '0'}/${hard[name]}`)
    .join(', ')
}

/** `v1` PodTemplate. */
export const podTemplate: Kind = defineKind({
  kind: 'PodTemplate',
  plural: 'podtemplates',
  defaults: podSpecDefaults,
  columns: [
    nameColumn,
    ...containerColumns('template', 'spec', 'containers').map(one => ({ ...one, priority: 0 })),
    column('Pod Labels', object => formatLabels(labelsAt(object, 'template', 'metadata', 'labels'))),
  ],
  validate: (object, errors) => checkPodTemplate(objectAt(object, 'template'), 'template', errors),
})

/** `v1` ReplicationController, kept for old manifests; nothing in the sandbox acts on it. */
export const replicationController: Kind = defineKind({
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  shortNames: ['rc'],
  categories: ['all'],
  subresources: ['status', 'scale'],
  scale: {
    specReplicas: 'spec.replicas',
    statusReplicas: 'status.replicas',
    selector: object => labelMapText(object as unknown as JsonObject, 'spec', 'selector'),
  },
  defaults: {
    ...podSpecDefaults,
    'core/v1.ReplicationController': object => {
      const labels = at(object, 'spec', 'template', 'metadata', 'labels')
      const filled = withField(object, 'spec', spec =>
        withMissing((spec ?? {}) as JsonObject, { replicas: 1, ...(labels === undefined ? {} : { selector: labels }) }),
      )
      return labels === undefined || has(object, 'metadata', 'labels')
        ? filled
        : withField(filled, 'metadata', metadata => ({ ...(metadata as JsonObject), labels }))
    },
  },
  columns: [
    nameColumn,
    column('Desired', object => numberAt(object, 'spec', 'replicas'), { type: 'integer' }),
    column('Current', object => numberAt(object, 'status', 'replicas'), { type: 'integer' }),
    column('Ready', object => numberAt(object, 'status', 'readyReplicas'), { type: 'integer' }),
    ageColumn,
    ...containerColumns('spec', 'template', 'spec', 'containers'),
    column('Selector', object => formatLabels(labelsAt(object, 'spec', 'selector')), { wide: true }),
  ],
  validate(object, errors) {
    const spec = objectAt(object, 'spec')
    checkNonNegative(spec, 'minReadySeconds', 'spec', errors)
    const selector = labelsAt(spec, 'selector')
    if (Object.keys(selector).length === 0) errors.push(required('spec.selector'))
    checkNonNegative(spec, 'replicas', 'spec', errors)
    checkLabels(selector, 'spec.selector', errors)
    if (!has(spec, 'template')) errors.push(required('spec.template'))
    else {
      checkTemplateLabels({ matchLabels: selector }, spec, 'spec', errors)
      checkPodTemplate(objectAt(spec, 'template'), 'spec.template', errors)
      checkRunsForGood(objectAt(spec, 'template'), 'spec.template', 'ReplicationController', errors)
    }
  },
})
