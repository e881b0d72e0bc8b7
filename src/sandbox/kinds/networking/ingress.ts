import { isIP } from 'node:net'
import type { JsonObject } from '../../../manifest/json.ts'
import { subdomainErrors } from '../../../manifest/label-syntax.ts'
import { child, invalid, notSupported, required } from '../../field-error.ts'
import type { Kind } from '../../kind.ts'
import { nameErrors } from '../../registry/names.ts'
import { type Errors, portNameErrors } from '../checks.ts'
import { ageColumn, column, loadBalancerAddresses, nameColumn } from '../columns.ts'
import { defineKind } from '../define.ts'
import { at, has, labelsAt, numberAt, objectAt, objectsAt, textAt, textsAt } from '../schema/value.ts'

const classAnnotation = 'kubernetes.io/ingress.class'

/** `networking.k8s.io/v1` Ingress. */
export const ingress: Kind = defineKind({
  group: 'networking.k8s.io',
  kind: 'Ingress',
  plural: 'ingresses',
  shortNames: ['ing'],
  subresources: ['status'],
  validate(object, errors) {
    checkIngress(object, errors)
    const annotation = labelsAt(object, 'metadata', 'annotations')[classAnnotation]
    const name = at(object, 'spec', 'ingressClassName')
    if (annotation !== undefined && name !== undefined && annotation !== name)
      errors.push(
        invalid(`annotations.${classAnnotation}`, annotation, 'must match `ingressClassName` when both are specified'),
      )
  },
  validateUpdate: (object, _old, errors) => checkIngress(object, errors),
  columns: [
    nameColumn,
    column('Class', object =>
      has(object, 'spec', 'ingressClassName') ? textAt(object, 'spec', 'ingressClassName') : '<none>',
    ),
    column('Hosts', hosts),
    column('Address', loadBalancerAddresses),
    column('Ports', object => (objectsAt(object, 'spec', 'tls').length > 0 ? '80, 443' : '80')),
    ageColumn,
  ],
  strategy: {
    warnings: object =>
      object.metadata.annotations?.[classAnnotation] === undefined
        ? []
        : [`annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`],
    // an author who names no class gets the default one
    admit(object, old, context) {
      if (old !== undefined || has(object, 'spec', 'ingressClassName')) return object
      if (object.metadata.annotations?.[classAnnotation] !== undefined) return object
      const classes = context.reader
        .list('networking.k8s.io/ingressclasses')
        .filter(one => one.metadata.annotations?.['ingressclass.kubernetes.io/is-default-class'] === 'true')
      const chosen = classes[0]
      return chosen === undefined
        ? object
        : { ...object, spec: { ...objectAt(object, 'spec'), ingressClassName: chosen.metadata.name } }
    },
  },
})

function hosts(object: JsonObject): string {
  const rules = objectsAt(object, 'spec', 'rules')
  const list: string[] = []
  let more = false
  for (const rule of rules) {
    if (list.length === 3) more = true
    else if (textAt(rule, 'host') !== '') list.push(textAt(rule, 'host'))
  }
  if (list.length === 0) return '*'
  return more ? `${list.join(',')} + ${rules.length - 3} more...` : list.join(',')
}

function checkIngress(object: JsonObject, errors: Errors): void {
  const spec = objectAt(object, 'spec')
  const rules = objectsAt(spec, 'rules')
  if (rules.length === 0 && !has(spec, 'defaultBackend'))
    errors.push(invalid('spec', at(spec, 'rules'), 'either `defaultBackend` or `rules` must be specified'))
  if (has(spec, 'defaultBackend')) checkBackend(objectAt(spec, 'defaultBackend'), 'spec.defaultBackend', errors)
  rules.forEach((rule, index) => {
    checkRule(rule, child('spec.rules', index), errors)
  })
  objectsAt(spec, 'tls').forEach((tls, index) => {
    textsAt(tls, 'hosts').forEach((host, at) => {
      checkHost(host, child('spec.tls', index, 'hosts', at), errors)
    })
    const name = textAt(tls, 'secretName')
    if (name === '') return
    for (const problem of nameErrors('dns1123Subdomain', name))
      errors.push(invalid(child('spec.tls', index, 'secretName'), name, problem))
  })
  const className = at(spec, 'ingressClassName')
  if (typeof className === 'string')
    for (const problem of nameErrors('dns1123Subdomain', className))
      errors.push(invalid('spec.ingressClassName', className, problem))
}

const wildcard =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

function checkHost(host: string, path: string, errors: Errors): void {
  if (host.includes('*')) {
    if (!host.startsWith('*.') || subdomainErrors(host.slice(2)).length > 0) errors.push(invalid(path, host, wildcard))
  } else for (const problem of subdomainErrors(host)) errors.push(invalid(path, host, problem))
}

function checkRule(rule: JsonObject, path: string, errors: Errors): void {
  const host = textAt(rule, 'host')
  if (host !== '') {
    if (isIP(host) !== 0) errors.push(invalid(child(path, 'host'), host, 'must be a DNS name, not an IP address'))
    checkHost(host, child(path, 'host'), errors)
  }
  if (!has(rule, 'http')) return
  const here = child(path, 'http', 'paths')
  const paths = objectsAt(rule, 'http', 'paths')
  if (paths.length === 0) errors.push(required(here))
  paths.forEach((one, index) => {
    checkPath(one, child(here, index), errors)
  })
}

const badSequences = ['//', '/./', '/../', '%2f', '%2F']
const badEndings = ['/..', '/.']

function checkPath(one: JsonObject, path: string, errors: Errors): void {
  if (!has(one, 'pathType')) {
    errors.push(required(child(path, 'pathType'), 'pathType must be specified'))
    return
  }
  const type = textAt(one, 'pathType')
  const text = textAt(one, 'path')
  const wrong = (detail: string) => errors.push(invalid(child(path, 'path'), text, detail))
  if (type === 'Exact' || type === 'Prefix') {
    if (!text.startsWith('/')) wrong('must be an absolute path')
    for (const part of badSequences) if (text.includes(part)) wrong(`must not contain '${part}'`)
    for (const end of badEndings) if (text.endsWith(end)) wrong(`cannot end with '${end}'`)
  } else if (type === 'ImplementationSpecific') {
    if (text !== '' && !text.startsWith('/')) wrong('must be an absolute path')
  } else errors.push(notSupported(child(path, 'pathType'), type, ['Exact', 'ImplementationSpecific', 'Prefix']))
  checkBackend(objectAt(one, 'backend'), child(path, 'backend'), errors)
}

function checkBackend(backend: JsonObject, path: string, errors: Errors): void {
  const [service, resource] = [has(backend, 'service'), has(backend, 'resource')]
  if (service && resource) errors.push(invalid(path, '', 'cannot set both resource and service backends'))
  else if (resource) {
    for (const field of ['kind', 'name'])
      if (textAt(backend, 'resource', field) === '') errors.push(required(child(path, 'resource', field)))
  } else if (!service) errors.push(invalid(path, '', 'resource or service backend is required'))
  else checkServiceBackend(objectAt(backend, 'service'), path, errors)
}

function checkServiceBackend(service: JsonObject, path: string, errors: Errors): void {
  const name = textAt(service, 'name')
  if (name === '') errors.push(required(child(path, 'service', 'name')))
  else
    for (const problem of nameErrors('dns1035Label', name))
      errors.push(invalid(child(path, 'service', 'name'), name, problem))
  const portName = textAt(service, 'port', 'name')
  const portNumber = numberAt(service, 'port', 'number')
  if (portName !== '' && portNumber !== 0) errors.push(invalid(path, '', 'cannot set both port name & port number'))
  else if (portName !== '')
    for (const problem of portNameErrors(portName))
      errors.push(invalid(child(path, 'service', 'port', 'name'), portName, problem))
  else if (portNumber !== 0) {
    if (portNumber < 1 || portNumber > 65535)
      errors.push(
        invalid(child(path, 'service', 'port', 'number'), portNumber, 'must be between 1 and 65535, inclusive'),
      )
  } else errors.push(required(path, 'port name or number is required'))
}

/** `networking.k8s.io/v1` IngressClass. */
export const ingressClass: Kind = defineKind({
  group: 'networking.k8s.io',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  scope: 'cluster',
  defaults: {
    'networking/v1.IngressClassParametersReference': reference =>
      has(reference, 'scope') ? reference : { ...reference, scope: 'Cluster' },
  },
  validate(object, errors) {
    const controller = textAt(object, 'spec', 'controller')
    if (controller === '') errors.push(required('spec.controller'))
    else if (!/^[a-z0-9.-]+\/.+$/.test(controller))
      errors.push(invalid('spec.controller', controller, 'must be a domain-prefixed path (such as "acme.io/foo")'))
    if (!has(object, 'spec', 'parameters')) return
    const group = textAt(object, 'spec', 'parameters', 'apiGroup')
    if (group !== '')
      for (const problem of subdomainErrors(group)) errors.push(invalid('spec.parameters.apiGroup', group, problem))
    for (const field of ['kind', 'name']) {
      const text = textAt(object, 'spec', 'parameters', field)
      if (text === '') errors.push(required(child('spec.parameters', field)))
      else
        for (const problem of nameErrors('pathSegment', text))
          errors.push(invalid(child('spec.parameters', field), text, problem))
    }
  },
  columns: [
    nameColumn,
    column('Controller', object => textAt(object, 'spec', 'controller')),
    column('Parameters', parameters),
    ageColumn,
  ],
})

function parameters(object: JsonObject): string {
  if (!has(object, 'spec', 'parameters')) return '<none>'
  const reference = objectAt(object, 'spec', 'parameters')
  const group = has(reference, 'apiGroup') ? `.${textAt(reference, 'apiGroup')}` : ''
  return `${textAt(reference, 'kind')}${group}/${textAt(reference, 'name')}`
}
