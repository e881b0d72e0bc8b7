import type { JsonObject } from '../../../manifest/json.ts'
import { child, invalid, required } from '../../field-error.ts'
import type { Kind } from '../../kind.ts'
import type { Errors } from '../checks.ts'
import { ageColumn, column, formatLabelSelector, nameColumn } from '../columns.ts'
import { defineKind } from '../define.ts'
import type { StructDefaults } from '../schema/normalize.ts'
import { at, has, objectsAt, textAt, textsAt, withMissing } from '../schema/value.ts'

const group = 'admissionregistration.k8s.io'
const categories = ['api-extensions']

const webhook: JsonObject = {
  failurePolicy: 'Fail',
  matchPolicy: 'Equivalent',
  namespaceSelector: {},
  objectSelector: {},
  timeoutSeconds: 10,
}

const defaults: StructDefaults = {
  'admissionregistration/v1.ValidatingWebhook': hook => withMissing(hook, webhook),
  'admissionregistration/v1.MutatingWebhook': hook => withMissing(hook, { ...webhook, reinvocationPolicy: 'Never' }),
  'admissionregistration/v1.RuleWithOperations': rule => withMissing(rule, { scope: '*' }),
  'admissionregistration/v1.NamedRuleWithOperations': rule => withMissing(rule, { scope: '*' }),
  'admissionregistration/v1.ServiceReference': service => withMissing(service, { port: 443 }),
  'admissionregistration/v1.ValidatingAdmissionPolicySpec': spec => withMissing(spec, { failurePolicy: 'Fail' }),
  'admissionregistration/v1.MatchResources': match =>
    withMissing(match, { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {} }),
}

function configuration(kind: string, plural: string): Kind {
  return defineKind({
    group,
    kind,
    plural,
    categories,
    scope: 'cluster',
    defaults,
    columns: [
      nameColumn,
      column('Webhooks', object => objectsAt(object, 'webhooks').length, { type: 'integer' }),
      ageColumn,
    ],
    validate: checkWebhooks,
  })
}

function checkWebhooks(object: JsonObject, errors: Errors): void {
  const names = new Set<string>()
  objectsAt(object, 'webhooks').forEach((hook, index) => {
    const path = child('webhooks', index)
    const name = textAt(hook, 'name')
    if (name === '') errors.push(required(child(path, 'name')))
    else if (name.split('.').length < 3)
      errors.push(
        invalid(child(path, 'name'), name, 'should be a domain with at least three segments separated by dots'),
      )
    if (names.has(name))
      errors.push({ type: 'FieldValueDuplicate', field: child(path, 'name'), message: `Duplicate value: "${name}"` })
    names.add(name)
    if (!has(hook, 'sideEffects'))
      errors.push(required(child(path, 'sideEffects'), 'must specify one of None, NoneOnDryRun'))
    const [url, service] = [has(hook, 'clientConfig', 'url'), has(hook, 'clientConfig', 'service')]
    if (url === service) errors.push(required(child(path, 'clientConfig'), 'exactly one of url or service is required'))
    if (textsAt(hook, 'admissionReviewVersions').length === 0)
      errors.push(required(child(path, 'admissionReviewVersions'), 'must specify one of v1, v1beta1'))
  })
}

/** `admissionregistration.k8s.io/v1` MutatingWebhookConfiguration; the sandbox keeps it but calls no webhooks. */
export const mutatingWebhookConfiguration = configuration(
  'MutatingWebhookConfiguration',
  'mutatingwebhookconfigurations',
)

/** `admissionregistration.k8s.io/v1` ValidatingWebhookConfiguration; the sandbox keeps it but calls no webhooks. */
export const validatingWebhookConfiguration = configuration(
  'ValidatingWebhookConfiguration',
  'validatingwebhookconfigurations',
)

/** `admissionregistration.k8s.io/v1` ValidatingAdmissionPolicy; kept, not evaluated. */
export const validatingAdmissionPolicy: Kind = defineKind({
  group,
  kind: 'ValidatingAdmissionPolicy',
  plural: 'validatingadmissionpolicies',
  categories,
  scope: 'cluster',
  subresources: ['status'],
  defaults,
  columns: [
    nameColumn,
    column('Validations', object => objectsAt(object, 'spec', 'validations').length, { type: 'integer' }),
    column('ParamKind', object =>
      has(object, 'spec', 'paramKind')
        ? `${textAt(object, 'spec', 'paramKind', 'apiVersion')}/${textAt(object, 'spec', 'paramKind', 'kind')}`
        : '<unset>',
    ),
    ageColumn,
  ],
})

/** `admissionregistration.k8s.io/v1` ValidatingAdmissionPolicyBinding; kept, not evaluated. */
export const validatingAdmissionPolicyBinding: Kind = defineKind({
  group,
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
  categories,
  scope: 'cluster',
  defaults,
  columns: [
    nameColumn,
    column('PolicyName', object => textAt(object, 'spec', 'policyName')),
    column('ParamRef', parameter),
    ageColumn,
  ],
})

function parameter(object: JsonObject): string {
  const path = ['spec', 'paramRef']
  const name = textAt(object, ...path, 'name')
  if (name !== '') return `${textAt(object, ...path, 'namespace') || '*'}/${name}`
  return has(object, ...path, 'selector') ? formatLabelSelector(at(object, ...path, 'selector')) : '<unset>'
}
