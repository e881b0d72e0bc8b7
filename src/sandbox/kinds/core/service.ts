import type { JsonObject, JsonValue } from '../../../manifest/json.ts'
import { subdomainErrors } from '../../../manifest/label-syntax.ts'
import type { KubeObject } from '../../../manifest/object.ts'
import { child, duplicate, type FieldError, forbiddenField, invalid, required } from '../../field-error.ts'
import type { Kind, StrategyContext } from '../../kind.ts'
import {
  checkDnsLabel,
  checkIp,
  checkLabelName,
  checkLabels,
  checkOneOf,
  checkPortNumber,
  checkPortNumberOrName,
  type Errors,
} from '../checks.ts'
import { ageColumn, column, formatLabels, loadBalancerAddresses, nameColumn } from '../columns.ts'
import { defineKind } from '../define.ts'
import type { StructDefaults } from '../schema/normalize.ts'
import {
  at,
  has,
  labelsAt,
  numberAt,
  objectAt,
  objectsAt,
  textAt,
  textsAt,
  withMissing,
  withUnset,
} from '../schema/value.ts'
import { admitService, checkAllocations } from './service-addresses.ts'

const defaults: StructDefaults = {
  'core/v1.ServiceSpec': spec => {
    const { sessionAffinityConfig: _config, ...rest } = spec
    const affinity = textAt(spec, 'sessionAffinity') || 'None'
    const base = affinity === 'None' && has(spec, 'sessionAffinityConfig') ? rest : spec
    const filled = withUnset(base, { sessionAffinity: 'None', type: 'ClusterIP' })
    const type = textAt(filled, 'type')
    const external =
      type === 'NodePort' ||
      type === 'LoadBalancer' ||
      (type === 'ClusterIP' && textsAt(filled, 'externalIPs').length > 0)
    return withUnset(
      withMissing(filled, {
        ...(type === 'ExternalName' ? {} : { internalTrafficPolicy: 'Cluster' }),
        ...(type === 'LoadBalancer' ? { allocateLoadBalancerNodePorts: true } : {}),
        ...(affinity === 'ClientIP' ? { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } } } : {}),
      }),
      external ? { externalTrafficPolicy: 'Cluster' } : {},
    )
  },
  'core/v1.ServicePort': port => withUnset(port, { protocol: 'TCP', targetPort: numberAt(port, 'port') }),
  'core/v1.LoadBalancerIngress': ingress =>
    textAt(ingress, 'ip') === '' ? ingress : withMissing(ingress, { ipMode: 'VIP' }),
}

/** `v1` Service. */
export const service: Kind = defineKind({
  kind: 'Service',
  plural: 'services',
  shortNames: ['svc'],
  categories: ['all'],
  subresources: ['status'],
  nameRule: 'dns1035Label',
  defaults,
  validate(object, errors, context) {
    checkService(object, errors)
    if (errors.length === 0) checkAllocations(object, undefined, errors, context)
  },
  validateUpdate: checkServiceUpdate,
  selectableFields: {
    'spec.clusterIP': object => textAt(object, 'spec', 'clusterIP'),
    'spec.type': object => textAt(object, 'spec', 'type'),
  },
  columns: [
    nameColumn,
    column('Type', object => textAt(object, 'spec', 'type')),
    column('Cluster-IP', object => textsAt(object, 'spec', 'clusterIPs')[0] ?? '<none>'),
    column('External-IP', externalAddress),
    column('Port(s)', ports),
    ageColumn,
    column('Selector', object => formatLabels(labelsAt(object, 'spec', 'selector')), { wide: true }),
  ],
  strategy: { admit: admitService, createOnUpdate: true, warnings: ignoredFields },
})

/** Fields that have no effect on a service of this type. */
function ignoredFields(object: KubeObject): readonly string[] {
  const spec = objectAt(object, 'spec')
  const warnings: string[] = []
  const external = textsAt(spec, 'externalIPs').length > 0
  if (textsAt(spec, 'clusterIPs')[0] === 'None') {
    if (textAt(spec, 'loadBalancerIP') !== '') warnings.push('spec.loadBalancerIP is ignored for headless services')
    if (external) warnings.push('spec.externalIPs is ignored for headless services')
    if (textAt(spec, 'sessionAffinity') !== 'None')
      warnings.push('spec.SessionAffinity is ignored for headless services')
  }
  const isName = textAt(spec, 'type') === 'ExternalName'
  if (isName && external) warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"')
  if (!isName && textAt(spec, 'externalName') !== '')
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"')
  return warnings
}

function externalAddress(object: JsonObject): string {
  const type = textAt(object, 'spec', 'type')
  const external = textsAt(object, 'spec', 'externalIPs')
  if (type === 'ExternalName') return textAt(object, 'spec', 'externalName')
  if (type !== 'LoadBalancer') return external.length > 0 ? external.join(',') : '<none>'
  const all = [loadBalancerAddresses(object), ...external].filter(text => text !== '')
  return all.length === 0 ? '<pending>' : all.join(',')
}

function ports(object: JsonObject): string {
  const list = objectsAt(object, 'spec', 'ports').map(port => {
    const nodePort = numberAt(port, 'nodePort')
    return `${numberAt(port, 'port')}${nodePort > 0 ? `:${nodePort}` : ''}/${textAt(port, 'protocol')}`
  })
  return list.length === 0 ? '<none>' : list.join(',')
}

const isHeadless = (object: JsonObject) => textsAt(object, 'spec', 'clusterIPs')[0] === 'None'

function checkService(object: JsonObject, errors: Errors): void {
  const type = textAt(object, 'spec', 'type')
  const list = objectsAt(object, 'spec', 'ports')
  const headless = isHeadless(object)
  if (list.length === 0 && !headless && type !== 'ExternalName') errors.push(required('spec.ports'))
  if (headless && (type === 'LoadBalancer' || type === 'NodePort'))
    errors.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`))
  if (type === 'ExternalName') checkExternalName(object, errors)
  const names = new Set<string>()
  list.forEach((port, index) => {
    checkPort(port, list.length > 1, names, child('spec.ports', index), errors)
  })
  checkLabels(labelsAt(object, 'spec', 'selector'), 'spec.selector', errors)
  checkOneOf(textAt(object, 'spec', 'sessionAffinity'), ['ClientIP', 'None'], 'spec.sessionAffinity', errors)
  textsAt(object, 'spec', 'externalIPs').forEach((ip, index) => {
    checkIp(ip, child('spec.externalIPs', index), errors)
  })
  checkOneOf(type, ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'], 'spec.type', errors)
  if (type === 'ClusterIP')
    list.forEach((port, index) => {
      if (numberAt(port, 'nodePort') !== 0)
        errors.push(
          forbiddenField(child('spec.ports', index, 'nodePort'), "may not be used when `type` is 'ClusterIP'"),
        )
    })
  checkDistinctPorts(list, errors)
  if (type !== 'LoadBalancer') {
    if (textsAt(object, 'spec', 'loadBalancerSourceRanges').length > 0)
      errors.push(forbiddenField('spec.LoadBalancerSourceRanges', "may only be used when `type` is 'LoadBalancer'"))
    for (const field of ['allocateLoadBalancerNodePorts', 'loadBalancerClass'])
      if (has(object, 'spec', field))
        errors.push(forbiddenField(child('spec', field), "may only be used when `type` is 'LoadBalancer'"))
  }
  checkTrafficPolicies(object, errors)
}

function checkExternalName(object: JsonObject, errors: Errors): void {
  for (const field of ['clusterIPs', 'ipFamilies'])
    if (textsAt(object, 'spec', field).length > 0)
      errors.push(forbiddenField(child('spec', field), 'may not be set for ExternalName services'))
  if (has(object, 'spec', 'ipFamilyPolicy'))
    errors.push(forbiddenField('spec.ipFamilyPolicy', 'may not be set for ExternalName services'))
  const name = textAt(object, 'spec', 'externalName').replace(/\.$/, '')
  if (name === '') errors.push(required('spec.externalName'))
  else for (const problem of subdomainErrors(name)) errors.push(invalid('spec.externalName', name, problem))
}

function checkPort(port: JsonObject, named: boolean, names: Set<string>, path: string, errors: Errors): void {
  const name = textAt(port, 'name')
  if (named && name === '') errors.push(required(child(path, 'name')))
  else if (name !== '') {
    checkDnsLabel(name, child(path, 'name'), errors)
    if (names.has(name)) errors.push(duplicate(child(path, 'name'), name))
    names.add(name)
  }
  checkPortNumber(numberAt(port, 'port'), child(path, 'port'), errors)
  checkOneOf(textAt(port, 'protocol'), ['SCTP', 'TCP', 'UDP'], child(path, 'protocol'), errors)
  checkPortNumberOrName(at(port, 'targetPort'), child(path, 'targetPort'), errors)
  if (has(port, 'appProtocol')) checkLabelName(textAt(port, 'appProtocol'), child(path, 'appProtocol'), errors)
}

function checkDistinctPorts(list: readonly JsonObject[], errors: Errors): void {
  const nodePorts = new Set<string>()
  const numbers = new Set<string>()
  list.forEach((port, index) => {
    const nodePort = numberAt(port, 'nodePort')
    const key = `${textAt(port, 'protocol')}/${nodePort}`
    if (nodePort !== 0 && nodePorts.has(key)) errors.push(duplicate(child('spec.ports', index, 'nodePort'), nodePort))
    nodePorts.add(key)
  })
  list.forEach((port, index) => {
    const [protocol, number] = [textAt(port, 'protocol'), numberAt(port, 'port')]
    if (numbers.has(`${protocol}/${number}`))
      errors.push(
        duplicate(child('spec.ports', index), {
          Name: '',
          Protocol: protocol,
          AppProtocol: null,
          Port: number,
          TargetPort: 0,
          NodePort: 0,
        }),
      )
    numbers.add(`${protocol}/${number}`)
  })
}

function checkTrafficPolicies(object: JsonObject, errors: Errors): void {
  const type = textAt(object, 'spec', 'type')
  const external = textAt(object, 'spec', 'externalTrafficPolicy')
  const reachable =
    type === 'LoadBalancer' ||
    type === 'NodePort' ||
    (type === 'ClusterIP' && textsAt(object, 'spec', 'externalIPs').length > 0)
  if (external !== '') {
    if (!reachable)
      errors.push(invalid('spec.externalTrafficPolicy', external, 'may only be set for externally-accessible services'))
    checkOneOf(external, ['Cluster', 'Local'], 'spec.externalTrafficPolicy', errors)
  } else if (reachable) errors.push(required('spec.externalTrafficPolicy'))
  const internal = textAt(object, 'spec', 'internalTrafficPolicy')
  if (internal !== '') checkOneOf(internal, ['Cluster', 'Local'], 'spec.internalTrafficPolicy', errors)
  const healthCheck = numberAt(object, 'spec', 'healthCheckNodePort')
  if (healthCheck !== 0 && (type !== 'LoadBalancer' || external !== 'Local'))
    errors.push(
      invalid(
        'spec.healthCheckNodePort',
        healthCheck,
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ),
    )
}

function checkServiceUpdate(object: JsonObject, old: JsonObject, errors: Errors, context: StrategyContext): void {
  const both = textAt(object, 'spec', 'type') !== 'ExternalName' && textAt(old, 'spec', 'type') !== 'ExternalName'
  if (both) errors.push(...changedAddresses(object, old))
  const loadBalancer =
    textAt(object, 'spec', 'type') === 'LoadBalancer' && textAt(old, 'spec', 'type') === 'LoadBalancer'
  const kind = at(object, 'spec', 'loadBalancerClass')
  if (loadBalancer && kind !== at(old, 'spec', 'loadBalancerClass'))
    errors.push(invalid('spec.loadBalancerClass', kind ?? null, 'may not change once set'))
  checkService(object, errors)
  if (errors.length === 0) checkAllocations(object, old, errors, context)
}

function changedAddresses(object: JsonObject, old: JsonObject): readonly FieldError[] {
  const errors: FieldError[] = []
  const compare = (field: 'clusterIPs' | 'ipFamilies') => {
    const [before, after] = [textsAt(old, 'spec', field), textsAt(object, 'spec', field)]
    if (before.length === 0) return
    if (after.length === 0 || after[0] !== before[0])
      errors.push(invalid(child('spec', field, 0), after as unknown as JsonValue, 'may not change once set'))
    else if (after.length > 1 && before.length > 1 && after[1] !== before[1])
      errors.push(invalid(child('spec', field, 1), after as unknown as JsonValue, 'may not change once set'))
  }
  compare('clusterIPs')
  compare('ipFamilies')
  return errors
}
