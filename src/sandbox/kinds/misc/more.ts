import type { JsonObject } from '../../../manifest/json.ts'
import { child, duplicate, forbiddenField, invalid, required } from '../../field-error.ts'
import type { Kind } from '../../kind.ts'
import { humanDuration } from '../../table.ts'
import { checkDnsLabel, checkImmutable, checkOneOf, type Errors } from '../checks.ts'
import { ageColumn, column, nameColumn } from '../columns.ts'
import { defineKind } from '../define.ts'
import { at, has, numberAt, objectAt, objectsAt, textAt, textsAt, withMissing, withUnset } from '../schema/value.ts'

const scope = 'cluster'
const highestUserPriority = 1_000_000_000

/** `scheduling.k8s.io/v1` PriorityClass. */
export const priorityClass: Kind = defineKind({
  group: 'scheduling.k8s.io',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  shortNames: ['pc'],
  scope,
  defaults: {
    'scheduling/v1.PriorityClass': object => withMissing(object, { preemptionPolicy: 'PreemptLowerPriority' }),
  },
  validate(object, errors) {
    const name = textAt(object, 'metadata', 'name')
    if (name.startsWith('system-')) {
      if (!['system-node-critical', 'system-cluster-critical'].includes(name))
        errors.push(
          forbiddenField(
            'metadata.name',
            `priority class names with 'system-' prefix are reserved for system use only. error: ${name} is not a known system priority class`,
          ),
        )
    } else if (numberAt(object, 'value') > highestUserPriority)
      errors.push(forbiddenField('value', `maximum allowed value of a user defined priority is ${highestUserPriority}`))
    checkPreemption(object, errors)
  },
  validateUpdate(object, old, errors) {
    if (numberAt(object, 'value') !== numberAt(old, 'value'))
      errors.push(forbiddenField('value', 'may not be changed in an update.'))
    checkImmutable(at(object, 'preemptionPolicy'), at(old, 'preemptionPolicy'), 'preemptionPolicy', errors)
  },
  columns: [
    nameColumn,
    column('Value', object => numberAt(object, 'value'), { type: 'integer' }),
    column('Global-Default', object => at(object, 'globalDefault') === true, { type: 'boolean' }),
    ageColumn,
    column('PreemptionPolicy', object => textAt(object, 'preemptionPolicy')),
  ],
})

function checkPreemption(object: JsonObject, errors: Errors): void {
  const policy = textAt(object, 'preemptionPolicy')
  if (policy === '') errors.push(required('preemptionPolicy'))
  else checkOneOf(policy, ['PreemptLowerPriority', 'Never'], 'preemptionPolicy', errors)
}

/** `coordination.k8s.io/v1` Lease. */
export const lease: Kind = defineKind({
  group: 'coordination.k8s.io',
  kind: 'Lease',
  plural: 'leases',
  columns: [nameColumn, column('Holder', object => textAt(object, 'spec', 'holderIdentity')), ageColumn],
  validate(object, errors) {
    const duration = at(object, 'spec', 'leaseDurationSeconds')
    if (typeof duration === 'number' && duration <= 0)
      errors.push(invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0'))
    const transitions = at(object, 'spec', 'leaseTransitions')
    if (typeof transitions === 'number' && transitions < 0)
      errors.push(invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'))
  },
  strategy: { createOnUpdate: true },
})

/** `certificates.k8s.io/v1` CertificateSigningRequest; nobody signs in the sandbox. */
export const certificateSigningRequest: Kind = defineKind({
  group: 'certificates.k8s.io',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  shortNames: ['csr'],
  scope,
  subresources: ['status', 'approval'],
  selectableFields: { 'spec.signerName': object => textAt(object, 'spec', 'signerName') },
  columns: [
    nameColumn,
    ageColumn,
    column('SignerName', object => textAt(object, 'spec', 'signerName') || '<none>'),
    column('Requestor', object => textAt(object, 'spec', 'username')),
    column('RequestedDuration', object =>
      has(object, 'spec', 'expirationSeconds')
        ? humanDuration(numberAt(object, 'spec', 'expirationSeconds') * 1000)
        : '<none>',
    ),
    column('Condition', requestCondition),
  ],
  validate(object, errors) {
    checkRequest(objectAt(object, 'spec'), errors)
  },
  strategy: {
    prepareForCreate: (object, context) => ({
      ...object,
      spec: {
        ...(at(object, 'spec') as JsonObject | undefined),
        username: context.user.username,
        groups: context.user.groups,
        ...(context.user.uid === undefined ? {} : { uid: context.user.uid }),
      },
    }),
  },
})

const usages: readonly string[] = [
  ...['any', 'cert sign', 'client auth', 'code signing', 'content commitment', 'crl sign', 'data encipherment'],
  ...['decipher only', 'digital signature', 'email protection', 'encipher only', 'ipsec end system', 'ipsec tunnel'],
  ...['ipsec user', 'key agreement', 'key encipherment', 'microsoft sgc', 'netscape sgc', 'ocsp signing', 's/mime'],
  ...['server auth', 'signing', 'timestamping'],
]

function checkRequest(spec: JsonObject, errors: Errors): void {
  const pem = Buffer.from(textAt(spec, 'request'), 'base64').toString('latin1')
  if (!/-----BEGIN CERTIFICATE REQUEST-----[^-]+-----END CERTIFICATE REQUEST-----/.test(pem))
    errors.push(invalid('spec.request', textAt(spec, 'request'), 'PEM block type must be CERTIFICATE REQUEST'))
  const wanted = textsAt(spec, 'usages')
  if (wanted.length === 0) errors.push(required('spec.usages'))
  wanted.forEach((usage, index) => {
    const path = child('spec.usages', index)
    checkOneOf(usage, usages, path, errors)
    if (wanted.indexOf(usage) < index) errors.push(duplicate(path, usage))
  })
  const signer = textAt(spec, 'signerName')
  if (signer === 'kubernetes.io/legacy-unknown')
    errors.push(invalid('spec.signerName', signer, 'the legacy signerName is not allowed via this API version'))
  else if (signer === '') errors.push(required('spec.signerName'))
  else if (!signer.includes('/'))
    errors.push(
      invalid(
        'spec.signerName',
        signer,
        "must be a fully qualified domain and path of the form 'example.com/signer-name'",
      ),
    )
  const seconds = at(spec, 'expirationSeconds')
  if (typeof seconds === 'number' && seconds < 600)
    errors.push(
      invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 600 seconds (10 minutes)'),
    )
}

function requestCondition(object: JsonObject): string {
  const types = objectsAt(object, 'status', 'conditions').map(one => textAt(one, 'type'))
  const verdict = types.includes('Denied') ? 'Denied' : types.includes('Approved') ? 'Approved' : 'Pending'
  const failed = types.includes('Failed') ? ',Failed' : ''
  return `${verdict}${failed}${textAt(object, 'status', 'certificate') === '' ? '' : ',Issued'}`
}

/** `node.k8s.io/v1` RuntimeClass. */
export const runtimeClass: Kind = defineKind({
  group: 'node.k8s.io',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  scope,
  columns: [nameColumn, column('Handler', object => textAt(object, 'handler')), ageColumn],
  validate: (object, errors) => checkDnsLabel(textAt(object, 'handler'), 'handler', errors),
  validateUpdate: (object, old, errors) => checkImmutable(at(object, 'handler'), at(old, 'handler'), 'handler', errors),
})

/** `flowcontrol.apiserver.k8s.io/v1` FlowSchema; kept, without effect. */
export const flowSchema: Kind = defineKind({
  group: 'flowcontrol.apiserver.k8s.io',
  kind: 'FlowSchema',
  plural: 'flowschemas',
  scope,
  subresources: ['status'],
  defaults: { 'flowcontrol/v1.FlowSchemaSpec': spec => withUnset(spec, { matchingPrecedence: 1000 }) },
  columns: [
    nameColumn,
    column('PriorityLevel', object => textAt(object, 'spec', 'priorityLevelConfiguration', 'name')),
    column('MatchingPrecedence', object => numberAt(object, 'spec', 'matchingPrecedence')),
    column('DistinguisherMethod', object => textAt(object, 'spec', 'distinguisherMethod', 'type') || '<none>'),
    ageColumn,
    column('MissingPL', object => {
      const dangling = objectsAt(object, 'status', 'conditions').find(one => textAt(one, 'type') === 'Dangling')
      return dangling === undefined ? '?' : textAt(dangling, 'status')
    }),
  ],
})

const limited = (object: JsonObject, ...path: readonly string[]) => at(object, 'spec', 'limited', ...path) ?? '<none>'
const queuing = (field: string) => (object: JsonObject) => limited(object, 'limitResponse', 'queuing', field)

/** `flowcontrol.apiserver.k8s.io/v1` PriorityLevelConfiguration; kept, without effect. */
export const priorityLevelConfiguration: Kind = defineKind({
  group: 'flowcontrol.apiserver.k8s.io',
  kind: 'PriorityLevelConfiguration',
  plural: 'prioritylevelconfigurations',
  scope,
  subresources: ['status'],
  defaults: {
    'flowcontrol/v1.ExemptPriorityLevelConfiguration': value =>
      withMissing(value, { nominalConcurrencyShares: 0, lendablePercent: 0 }),
    'flowcontrol/v1.LimitedPriorityLevelConfiguration': value =>
      withMissing(value, { nominalConcurrencyShares: 30, lendablePercent: 0 }),
    'flowcontrol/v1.QueuingConfiguration': value => withUnset(value, { handSize: 8, queues: 64, queueLengthLimit: 50 }),
  },
  columns: [
    nameColumn,
    column('Type', object => textAt(object, 'spec', 'type')),
    column('NominalConcurrencyShares', object => limited(object, 'nominalConcurrencyShares')),
    column('Queues', queuing('queues')),
    column('HandSize', queuing('handSize')),
    column('QueueLengthLimit', queuing('queueLengthLimit')),
    ageColumn,
  ],
})

/** `apiregistration.k8s.io/v1` APIService; kept, nothing is proxied. */
export const apiService: Kind = defineKind({
  group: 'apiregistration.k8s.io',
  kind: 'APIService',
  plural: 'apiservices',
  categories: ['api-extensions'],
  scope,
  subresources: ['status'],
  defaults: { 'apiregistration/v1.ServiceReference': service => withMissing(service, { port: 443 }) },
  columns: [
    nameColumn,
    column('Service', object =>
      has(object, 'spec', 'service')
        ? `${textAt(object, 'spec', 'service', 'namespace')}/${textAt(object, 'spec', 'service', 'name')}`
        : 'Local',
    ),
    column('Available', available),
    ageColumn,
  ],
})

function available(object: JsonObject): string {
  const condition = objectsAt(object, 'status', 'conditions').find(one => textAt(one, 'type') === 'Available')
  if (condition === undefined) return 'Unknown'
  const status = textAt(condition, 'status')
  return status === 'True' ? status : `${status} (${textAt(condition, 'reason')})`
}
