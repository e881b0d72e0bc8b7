import { isIP } from 'node:net'
import type { JsonObject } from '../../../manifest/json.ts'
import { child, duplicate, forbiddenField, invalid, notSupported, required } from '../../field-error.ts'
import type { Kind } from '../../kind.ts'
import {
  checkDnsLabel,
  checkIp,
  checkLabelSelector,
  checkOneOf,
  checkPortNumber,
  type Errors,
  portNameErrors,
} from '../checks.ts'
import { ageColumn, column, firstOf, formatLabelSelector, nameColumn } from '../columns.ts'
import { defineKind } from '../define.ts'
import { at, has, numberAt, objectAt, objectsAt, textAt, textsAt, withMissing } from '../schema/value.ts'

/** `networking.k8s.io/v1` NetworkPolicy. */
export const networkPolicy: Kind = defineKind({
  group: 'networking.k8s.io',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  shortNames: ['netpol'],
  defaults: {
    'networking/v1.NetworkPolicySpec': spec =>
      textsAt(spec, 'policyTypes').length > 0
        ? spec
        : {
            ...spec,
            policyTypes: ['Ingress', ...(objectsAt(spec, 'egress').length > 0 ? ['Egress'] : [])],
          },
    'networking/v1.NetworkPolicyPort': port => withMissing(port, { protocol: 'TCP' }),
  },
  validate: checkPolicy,
  columns: [
    nameColumn,
    column('Pod-Selector', object => formatLabelSelector(at(object, 'spec', 'podSelector'))),
    ageColumn,
  ],
})

function checkPolicy(object: JsonObject, errors: Errors): void {
  const spec = objectAt(object, 'spec')
  checkLabelSelector(objectAt(spec, 'podSelector'), 'spec.podSelector', errors)
  for (const [direction, peers] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const)
    objectsAt(spec, direction).forEach((rule, index) => {
      const path = child('spec', direction, index)
      objectsAt(rule, 'ports').forEach((port, at) => {
        checkPort(port, child(path, 'ports', at), errors)
      })
      objectsAt(rule, peers).forEach((peer, at) => {
        checkPeer(peer, child(path, peers, at), errors)
      })
    })
  textsAt(spec, 'policyTypes').forEach((type, index) => {
    checkOneOf(type, ['Ingress', 'Egress'], child('spec.policyTypes', index), errors)
  })
}

function checkPort(port: JsonObject, path: string, errors: Errors): void {
  const protocol = textAt(port, 'protocol')
  if (protocol !== '') checkOneOf(protocol, ['TCP', 'UDP', 'SCTP'], child(path, 'protocol'), errors)
  const number = at(port, 'port')
  const end = at(port, 'endPort')
  if (typeof number === 'number') {
    checkPortNumber(number, child(path, 'port'), errors)
    if (typeof end === 'number' && end < number)
      errors.push(invalid(child(path, 'endPort'), number, 'must be greater than or equal to `port`'))
    if (typeof end === 'number') checkPortNumber(end, child(path, 'endPort'), errors)
  } else if (typeof number === 'string') {
    if (end !== undefined)
      errors.push(invalid(child(path, 'endPort'), end, 'may not be specified when `port` is non-numeric'))
    for (const problem of portNameErrors(number)) errors.push(invalid(child(path, 'port'), number, problem))
  } else if (end !== undefined)
    errors.push(invalid(child(path, 'endPort'), end, 'may not be specified when `port` is not specified'))
}

function checkPeer(peer: JsonObject, path: string, errors: Errors): void {
  const given = ['podSelector', 'namespaceSelector', 'ipBlock'].filter(field => has(peer, field))
  for (const field of given)
    if (field === 'ipBlock') checkBlock(objectAt(peer, 'ipBlock'), child(path, 'ipBlock'), errors)
    else checkLabelSelector(objectAt(peer, field), child(path, field), errors)
  if (given.length === 0) errors.push(required(path, 'must specify a peer'))
  else if (given.length > 1 && given.includes('ipBlock'))
    errors.push(forbiddenField(path, 'may not specify both ipBlock and another peer'))
}

function checkBlock(block: JsonObject, path: string, errors: Errors): void {
  const cidr = textAt(block, 'cidr')
  if (cidr === '') {
    errors.push(required(child(path, 'cidr')))
    return
  }
  if (!isCidr(cidr))
    errors.push(invalid(child(path, 'cidr'), cidr, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'))
  textsAt(block, 'except').forEach((one, index) => {
    if (!isCidr(one))
      errors.push(
        invalid(child(path, 'except', index), one, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'),
      )
  })
}

function isCidr(text: string): boolean {
  const [address = '', bits = ''] = text.split('/')
  const family = isIP(address)
  return family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
}

/** `networking.k8s.io/v1` IPAddress. */
export const ipAddress: Kind = defineKind({
  group: 'networking.k8s.io',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  shortNames: ['ip'],
  scope: 'cluster',
  columns: [nameColumn, column('ParentRef', parent)],
  validate(object, errors) {
    if (!has(object, 'spec', 'parentRef')) errors.push(required('spec.parentRef'))
  },
})

function parent(object: JsonObject): string {
  if (!has(object, 'spec', 'parentRef')) return '<none>'
  const reference = objectAt(object, 'spec', 'parentRef')
  const group = textAt(reference, 'group')
  const resource = `${textAt(reference, 'resource')}${group === '' ? '' : `.${group}`}`.toLowerCase()
  const namespace = textAt(reference, 'namespace')
  return [resource, ...(namespace === '' ? [] : [namespace]), textAt(reference, 'name')].join('/')
}

/** `networking.k8s.io/v1` ServiceCIDR. */
export const serviceCidr: Kind = defineKind({
  group: 'networking.k8s.io',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  scope: 'cluster',
  subresources: ['status'],
  columns: [nameColumn, column('CIDRs', object => textsAt(object, 'spec', 'cidrs').join(',')), ageColumn],
  validate(object, errors) {
    if (textsAt(object, 'spec', 'cidrs').length === 0) errors.push(required('spec.cidrs', 'at least one CIDR required'))
  },
})

/** `discovery.k8s.io/v1` EndpointSlice. */
export const endpointSlice: Kind = defineKind({
  group: 'discovery.k8s.io',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  defaults: { 'discovery/v1.EndpointPort': port => withMissing(port, { name: '', protocol: 'TCP' }) },
  validate(object, errors) {
    const type = textAt(object, 'addressType')
    if (type === '') errors.push(required('addressType'))
    else if (!['FQDN', 'IPv4', 'IPv6'].includes(type))
      errors.push(notSupported('addressType', type, ['FQDN', 'IPv4', 'IPv6']))
    objectsAt(object, 'endpoints').forEach((endpoint, index) => {
      if (textsAt(endpoint, 'addresses').length === 0)
        errors.push(required(child('endpoints', index, 'addresses'), 'must contain at least 1 address'))
      if (type === 'IPv4' || type === 'IPv6')
        textsAt(endpoint, 'addresses').forEach((address, at) => {
          checkIp(address, child('endpoints', index, 'addresses', at), errors)
        })
    })
    const names = new Set<string>()
    objectsAt(object, 'ports').forEach((port, index) => {
      const name = textAt(port, 'name')
      const path = child('ports', index, 'name')
      if (name !== '') checkDnsLabel(name, path, errors)
      if (names.has(name)) errors.push(duplicate(path, name))
      names.add(name)
    })
  },
  validateUpdate(object, old, errors) {
    const type = textAt(object, 'addressType')
    if (type !== textAt(old, 'addressType')) errors.push(invalid('addressType', type, 'field is immutable'))
  },
  columns: [
    nameColumn,
    column('AddressType', object => textAt(object, 'addressType')),
    column('Ports', object => {
      const ports = objectsAt(object, 'ports').map(port =>
        has(port, 'port') ? String(numberAt(port, 'port')) : has(port, 'name') ? textAt(port, 'name') : '*',
      )
      return firstOf(ports, 3) || '<unset>'
    }),
    column('Endpoints', object => {
      const addresses = objectsAt(object, 'endpoints').flatMap(endpoint => textsAt(endpoint, 'addresses'))
      return firstOf(addresses, 3) || '<unset>'
    }),
    ageColumn,
  ],
})
