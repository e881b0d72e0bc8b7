import type { JsonObject } from '../../../manifest/json.ts'
import { subdomainErrors } from '../../../manifest/label-syntax.ts'
import { conditionsOf } from '../../admission/policy.ts'
import { child, duplicate, invalid, required } from '../../field-error.ts'
import type { Kind } from '../../kind.ts'
import { nameErrors } from '../../registry/names.ts'
import { checkLabelSelector, type Errors } from '../checks.ts'
import { ageColumn, column, formatLabelSelector, nameColumn } from '../columns.ts'
import { defineKind } from '../define.ts'
import type { StructDefaults } from '../schema/normalize.ts'
import { at, has, numberAt, objectAt, objectsAt, textAt, textsAt, withMissing } from '../schema/value.ts'

import { checkBinding, checkPolicy } from './admission-policy.ts'
import { checkMatchConditions, checkRule, checkWord, FAILURE_POLICIES, MATCH_POLICIES } from './admission-rules.ts'

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
    const problems = subdomainErrors(name)
    if (name === '') errors.push(required(child(path, 'name')))
    else if (problems.length > 0) errors.push(invalid(child(path, 'name'), name, problems.join(',')))
    else if (name.split('.').length < 3)
      errors.push(
        invalid(child(path, 'name'), name, 'should be a domain with at least three segments separated by dots'),
      )
    checkWebhook(hook, path, errors)
    if (name !== '' && names.has(name)) errors.push(duplicate(child(path, 'name'), name))
    names.add(name)
  })
}

function checkWebhook(hook: JsonObject, path: string, errors: Errors): void {
  objectsAt(hook, 'rules').forEach((rule, at) => {
    checkRule(rule, child(path, 'rules', at), errors)
  })
  checkWord(hook, 'failurePolicy', FAILURE_POLICIES, path, errors)
  checkWord(hook, 'matchPolicy', MATCH_POLICIES, path, errors)
  if (!has(hook, 'sideEffects'))
    errors.push(required(child(path, 'sideEffects'), 'must specify one of None, NoneOnDryRun'))
  checkWord(hook, 'sideEffects', ['None', 'NoneOnDryRun'], path, errors)
  const timeout = numberAt(hook, 'timeoutSeconds')
  if (has(hook, 'timeoutSeconds') && (timeout > 30 || timeout < 1))
    errors.push(invalid(child(path, 'timeoutSeconds'), timeout, 'the timeout value must be between 1 and 30 seconds'))
  for (const field of ['namespaceSelector', 'objectSelector'])
    checkLabelSelector(objectAt(hook, field), child(path, field), errors)
  checkWord(hook, 'reinvocationPolicy', ['IfNeeded', 'Never'], path, errors)
  checkClientConfig(objectAt(hook, 'clientConfig'), child(path, 'clientConfig'), errors)
  checkMatchConditions(conditionsOf(hook, false), child(path, 'matchConditions'), errors)
  checkReviewVersions(textsAt(hook, 'admissionReviewVersions'), child(path, 'admissionReviewVersions'), errors)
}

function checkClientConfig(client: JsonObject, path: string, errors: Errors): void {
  const [url, service] = [has(client, 'url'), has(client, 'service')]
  if (url === service) errors.push(required(path, 'exactly one of url or service is required'))
  else if (url) checkUrl(textAt(client, 'url'), child(path, 'url'), errors)
  else {
    const at = child(path, 'service')
    const target = objectAt(client, 'service')
    // The server looks at the two the other way round, and says so too.
    if (textAt(target, 'namespace') === '') errors.push(required(child(at, 'name')))
    if (textAt(target, 'name') === '') errors.push(required(child(at, 'namespace')))
    const port = numberAt(target, 'port')
    if (port < 1 || port > 65535)
      errors.push(invalid(child(at, 'port'), port, 'port is not valid: must be between 1 and 65535, inclusive'))
    checkServicePath(textAt(target, 'path'), child(at, 'path'), errors)
  }
}

function checkServicePath(text: string, path: string, errors: Errors): void {
  if (text === '' || text === '/') return
  if (!text.startsWith('/')) errors.push(invalid(path, text, "must start with a '/'"))
  const steps = text === '//' ? [''] : text.slice(1).replace(/\/$/, '').split('/')
  steps.forEach((step, index) => {
    const problems = step === '' ? [] : subdomainErrors(step)
    if (step === '') errors.push(invalid(path, text, `segment[${index}] may not be empty`))
    for (const problem of problems) errors.push(invalid(path, text, `segment[${index}]: ${problem}`))
  })
}

const URL_FORM = '; desired format: https://host[/path]'

function checkUrl(text: string, path: string, errors: Errors): void {
  const url = URL.parse(text.includes(':') ? text : `:${text}`)
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1]?.toLowerCase() ?? ''
  if (scheme !== 'https') errors.push(invalid(path, scheme, `'https' is the only allowed URL scheme${URL_FORM}`))
  if (url === null || url.host === '') errors.push(invalid(path, '', `host must be specified${URL_FORM}`))
  if (url === null) return
  const user = url.password === '' ? url.username : `${url.username}:${url.password}`
  if (user !== '') errors.push(invalid(path, user, 'user information is not permitted in the URL'))
  if (url.hash !== '') errors.push(invalid(path, url.hash.slice(1), 'fragments are not permitted in the URL'))
  if (url.search !== '')
    errors.push(invalid(path, url.search.slice(1), 'query parameters are not permitted in the URL'))
}

function checkReviewVersions(versions: readonly string[], path: string, errors: Errors): void {
  if (versions.length === 0) {
    errors.push(required(path, 'must specify one of v1, v1beta1'))
    return
  }
  versions.forEach((version, index) => {
    if (versions.indexOf(version) < index) errors.push(invalid(child(path, index), version, 'duplicate version'))
    else
      for (const problem of nameErrors('dns1035Label', version))
        errors.push(invalid(child(path, index), version, problem))
  })
  if (!versions.includes('v1') && !versions.includes('v1beta1'))
    errors.push(invalid(path, versions, 'must include at least one of v1, v1beta1'))
}

/** `admissionregistration.k8s.io/v1` MutatingWebhookConfiguration; `src/sandbox/admission/` calls it. */
export const mutatingWebhookConfiguration = configuration(
  'MutatingWebhookConfiguration',
  'mutatingwebhookconfigurations',
)

/** `admissionregistration.k8s.io/v1` ValidatingWebhookConfiguration; `src/sandbox/admission/` calls it. */
export const validatingWebhookConfiguration = configuration(
  'ValidatingWebhookConfiguration',
  'validatingwebhookconfigurations',
)

/** `admissionregistration.k8s.io/v1` ValidatingAdmissionPolicy; `src/sandbox/admission/` evaluates it. */
export const validatingAdmissionPolicy: Kind = defineKind({
  group,
  kind: 'ValidatingAdmissionPolicy',
  plural: 'validatingadmissionpolicies',
  categories,
  scope: 'cluster',
  subresources: ['status'],
  defaults,
  validate: checkPolicy,
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

/** `admissionregistration.k8s.io/v1` ValidatingAdmissionPolicyBinding; `src/sandbox/admission/` evaluates it. */
export const validatingAdmissionPolicyBinding: Kind = defineKind({
  group,
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
  categories,
  scope: 'cluster',
  defaults,
  validate: checkBinding,
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
