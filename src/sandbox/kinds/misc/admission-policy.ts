import type { Compilation } from '../../../cel/compile.ts'
import type { JsonObject } from '../../../manifest/json.ts'
import { qualifiedNameErrors, subdomainErrors } from '../../../manifest/label-syntax.ts'
import { compilePolicy } from '../../admission/policy.ts'
import { child, duplicate, forbiddenField, invalid, notSupported, required } from '../../field-error.ts'
import { nameErrors } from '../../registry/names.ts'
import { checkLabelSelector, type Errors } from '../checks.ts'
import { asKube, has, objectAt, objectsAt, textAt, textsAt } from '../schema/value.ts'
import { checkMatchConditions, checkMatchResources, FAILURE_POLICIES } from './admission-rules.ts'

const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge']
const ACTIONS = ['Audit', 'Deny', 'Warn']
const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)

/** Problems of a ValidatingAdmissionPolicy, its expressions among them. */
export function checkPolicy(object: JsonObject, errors: Errors): void {
  const spec = objectAt(object, 'spec')
  const policy = compilePolicy(asKube(object), [])
  const failurePolicy = textAt(spec, 'failurePolicy')
  if (!FAILURE_POLICIES.includes(failurePolicy))
    errors.push(notSupported('spec.failurePolicy', failurePolicy, FAILURE_POLICIES))
  if (has(spec, 'paramKind')) checkParamKind(objectAt(spec, 'paramKind'), 'spec.paramKind', errors)
  if (!has(spec, 'matchConstraints')) errors.push(required('spec.matchConstraints'))
  else {
    checkMatchResources(objectAt(spec, 'matchConstraints'), 'spec.matchConstraints', errors)
    if (objectsAt(spec, 'matchConstraints', 'resourceRules').length === 0)
      errors.push(required('spec.matchConstraints.resourceRules'))
  }
  checkMatchConditions(policy.conditions, 'spec.matchConditions', errors)
  policy.variables.forEach(({ name, text, compiled }, index) => {
    const at = child('spec.variables', index)
    if (name.trim() === '') errors.push(required(child(at, 'name'), 'name is not specified'))
    else if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) || RESERVED.has(name))
      errors.push(invalid(child(at, 'name'), name, 'must be a valid CEL identifier'))
    checkExpression(text, compiled, child(at, 'expression'), errors)
  })
  if (policy.validations.length + policy.auditAnnotations.length === 0) {
    const detail = 'validations or auditAnnotations must contain at least one item'
    errors.push(required('spec.validations', detail), required('spec.auditAnnotations', detail))
    return
  }
  objectsAt(spec, 'validations').forEach((validation, index) => {
    const { compiled, messageExpression } = policy.validations[index]!
    checkValidation(validation, compiled, messageExpression, child('spec.validations', index), errors)
  })
  const keys = new Set<string>()
  policy.auditAnnotations.forEach(({ name: key, text, compiled }, index) => {
    const at = child('spec.auditAnnotations', index)
    for (const problem of qualifiedNameErrors(`${policy.name}/${key}`))
      errors.push(invalid(child(at, 'key'), `${policy.name}/${key}`, problem))
    if (text.trim() === '') errors.push(required(child(at, 'valueExpression'), 'valueExpression is not specified'))
    else if (compiled.error !== undefined) errors.push(invalid(child(at, 'valueExpression'), text, compiled.error))
    if (keys.has(key)) errors.push(duplicate(child(at, 'key'), key))
    keys.add(key)
  })
}

function checkExpression(text: string, compiled: Compilation, path: string, errors: Errors): void {
  if (text.trim() === '') errors.push(required(path, 'expression is not specified'))
  else if (compiled.error !== undefined) errors.push(invalid(path, text, compiled.error))
}

function checkValidation(
  validation: JsonObject,
  compiled: Compilation,
  messageExpression: Compilation | undefined,
  path: string,
  errors: Errors,
): void {
  checkExpression(textAt(validation, 'expression'), compiled, child(path, 'expression'), errors)
  const [message, computed] = [textAt(validation, 'message'), textAt(validation, 'messageExpression')]
  const computedAt = child(path, 'messageExpression')
  if (computed !== '' && computed.trim() === '')
    errors.push(invalid(computedAt, computed, 'must be non-empty if specified'))
  else if (messageExpression?.error !== undefined) errors.push(invalid(computedAt, computed, messageExpression.error))
  if (message !== '' && message.trim() === '')
    errors.push(invalid(child(path, 'message'), message, 'must be non-empty if specified'))
  else if (/[\n\r]/.test(message.trim()))
    errors.push(invalid(child(path, 'message'), message, 'must not contain line breaks'))
  const reason = textAt(validation, 'reason')
  if (reason !== '' && !REASONS.includes(reason)) errors.push(notSupported(child(path, 'reason'), reason, REASONS))
}

function checkParamKind(paramKind: JsonObject, path: string, errors: Errors): void {
  const [apiVersion, kind] = [textAt(paramKind, 'apiVersion'), textAt(paramKind, 'kind')]
  const at = child(path, 'apiVersion')
  const parts = apiVersion.split('/')
  const [group, version] = parts.length === 2 ? [parts[0] ?? '', parts[1] ?? ''] : ['', apiVersion]
  if (apiVersion === '') errors.push(required(at))
  else if (parts.length > 2) errors.push(invalid(at, apiVersion, `unexpected GroupVersion string: ${apiVersion}`))
  else {
    const groupProblems = group === '' ? [] : subdomainErrors(group)
    if (groupProblems.length > 0) errors.push(invalid(at, group, groupProblems.join(',')))
    const problems = version === '' ? [] : nameErrors('dns1035Label', version)
    if (version === '') errors.push(invalid(at, apiVersion, 'version must be specified'))
    else if (problems.length > 0) errors.push(invalid(at, version, problems.join(',')))
  }
  const problems = nameErrors('dns1035Label', kind.toLowerCase())
  if (kind === '') errors.push(required(child(path, 'kind')))
  else if (problems.length > 0)
    errors.push(
      invalid(child(path, 'kind'), kind, `may have mixed case, but should otherwise match: ${problems.join(',')}`),
    )
}

/** Problems of a ValidatingAdmissionPolicyBinding. */
export function checkBinding(object: JsonObject, errors: Errors): void {
  const spec = objectAt(object, 'spec')
  const policyName = textAt(spec, 'policyName')
  if (policyName === '') errors.push(required('spec.policyName'))
  else for (const problem of subdomainErrors(policyName)) errors.push(invalid('spec.policyName', policyName, problem))
  if (has(spec, 'paramRef')) checkParamRef(objectAt(spec, 'paramRef'), 'spec.paramRef', errors)
  if (has(spec, 'matchResources')) checkMatchResources(objectAt(spec, 'matchResources'), 'spec.matchResources', errors)
  const actions = textsAt(spec, 'validationActions')
  const path = 'spec.validationActions'
  actions.forEach((action, index) => {
    if (!ACTIONS.includes(action)) errors.push(notSupported(child(path, index), action, ACTIONS))
    if (actions.indexOf(action) < index) errors.push(duplicate(child(path, index), action))
  })
  if (actions.includes('Deny') && actions.includes('Warn'))
    errors.push(
      invalid(
        path,
        actions,
        'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ),
    )
  if (actions.length === 0) errors.push(required(path, 'at least one validation action is required'))
}

function checkParamRef(ref: JsonObject, path: string, errors: Errors): void {
  const name = textAt(ref, 'name')
  const exclusive = 'name and selector are mutually exclusive'
  if (name !== '') {
    for (const problem of nameErrors('pathSegment', name)) errors.push(invalid(child(path, 'name'), name, problem))
    if (has(ref, 'selector')) errors.push(forbiddenField(child(path, 'name'), exclusive))
  }
  if (has(ref, 'selector')) {
    checkLabelSelector(objectAt(ref, 'selector'), child(path, 'selector'), errors)
    if (name !== '') errors.push(forbiddenField(child(path, 'selector'), exclusive))
  } else if (name === '') errors.push(required(path, 'one of name or selector must be specified'))
  const action = textAt(ref, 'parameterNotFoundAction')
  const at = child(path, 'parameterNotFoundAction')
  if (action === '') errors.push(required(at))
  else if (action !== 'Deny' && action !== 'Allow') errors.push(notSupported(at, action, ['Deny', 'Allow']))
}
