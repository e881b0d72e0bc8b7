import type { JsonObject } from '../../../manifest/json.ts'
import { qualifiedNameErrors } from '../../../manifest/label-syntax.ts'
import type { Condition } from '../../admission/policy.ts'
import { child, duplicate, invalid, notSupported, required, tooMany } from '../../field-error.ts'
import { nameErrors } from '../../registry/names.ts'
import { checkLabelSelector, type Errors } from '../checks.ts'
import { has, objectAt, objectsAt, textAt, textsAt } from '../schema/value.ts'

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']
const SCOPES = ['*', 'Cluster', 'Namespaced']
export const FAILURE_POLICIES: readonly string[] = ['Fail', 'Ignore']
export const MATCH_POLICIES: readonly string[] = ['Equivalent', 'Exact']

/** One rule of a webhook or of a policy. */
export function checkRule(rule: JsonObject, path: string, errors: Errors): void {
  const seen = new Set<string>()
  textsAt(rule, 'resourceNames').forEach((name, index) => {
    const at = child(path, 'resourceNames', index)
    for (const problem of nameErrors('pathSegment', name)) errors.push(invalid(at, name, problem))
    if (seen.has(name)) errors.push(duplicate(at, name))
    seen.add(name)
  })
  const operations = textsAt(rule, 'operations')
  if (operations.length === 0) errors.push(required(child(path, 'operations')))
  if (operations.length > 1 && operations.includes('*'))
    errors.push(invalid(child(path, 'operations'), operations, "if '*' is present, must not specify other operations"))
  operations.forEach((operation, index) => {
    if (!OPERATIONS.includes(operation))
      errors.push(notSupported(child(path, 'operations', index), operation, OPERATIONS))
  })
  checkWildcards(rule, 'apiGroups', 'API groups', path, errors)
  checkWildcards(rule, 'apiVersions', 'API versions', path, errors)
  textsAt(rule, 'apiVersions').forEach((version, index) => {
    if (version === '') errors.push(required(child(path, 'apiVersions', index)))
  })
  checkResources(textsAt(rule, 'resources'), child(path, 'resources'), errors)
  const scope = textAt(rule, 'scope') || '*'
  if (!SCOPES.includes(scope)) errors.push(notSupported(child(path, 'scope'), scope, SCOPES))
}

function checkWildcards(rule: JsonObject, field: string, what: string, path: string, errors: Errors): void {
  const items = textsAt(rule, field)
  if (items.length === 0) errors.push(required(child(path, field)))
  if (items.length > 1 && items.includes('*'))
    errors.push(invalid(child(path, field), items, `if '*' is present, must not specify other ${what}`))
}

function checkResources(resources: readonly string[], path: string, errors: Errors): void {
  if (resources.length === 0) errors.push(required(path))
  const wildSubresources = new Set<string>()
  const wildResources = new Set<string>()
  let plain = false
  resources.forEach((resource, index) => {
    const at = child(path, index)
    const slash = resource.indexOf('/')
    if (resource === '') errors.push(required(at))
    else if (slash < 0) plain = resource !== '*'
    else {
      const [name, sub] = [resource.slice(0, slash), resource.slice(slash + 1)]
      if (wildSubresources.has(name))
        errors.push(invalid(at, resource, `if '${name}/*' is present, must not specify ${resource}`))
      if (wildResources.has(sub))
        errors.push(invalid(at, resource, `if '*/${sub}' is present, must not specify ${resource}`))
      if (sub === '*') wildSubresources.add(name)
      if (name === '*') wildResources.add(sub)
    }
  })
  if (resources.length > 1 && resources.includes('*/*'))
    errors.push(invalid(path, resources, "if '*/*' is present, must not specify other resources"))
  if (resources.includes('*') && plain)
    errors.push(invalid(path, resources, "if '*' is present, must not specify other resources without subresources"))
}

/** `matchConstraints` of a policy, `matchResources` of a binding. */
export function checkMatchResources(match: JsonObject, path: string, errors: Errors): void {
  const policy = textAt(match, 'matchPolicy')
  if (!MATCH_POLICIES.includes(policy)) errors.push(notSupported(child(path, 'matchPolicy'), policy, MATCH_POLICIES))
  for (const field of ['namespaceSelector', 'objectSelector'])
    checkLabelSelector(objectAt(match, field), child(path, field), errors)
  for (const field of ['resourceRules', 'excludeResourceRules'])
    objectsAt(match, field).forEach((rule, index) => {
      checkRule(rule, child(path, field, index), errors)
    })
}

/** `matchConditions` of a policy or a webhook, which come compiled. */
export function checkMatchConditions(conditions: readonly Condition[], path: string, errors: Errors): void {
  if (conditions.length > 64) errors.push(tooMany(path, conditions.length, 64))
  const seen = new Set<string>()
  conditions.forEach(({ name, text, compiled }, index) => {
    const at = child(path, index)
    if (text.trim() === '') errors.push(required(child(at, 'expression')))
    else if (compiled.error !== undefined) errors.push(invalid(child(at, 'expression'), text.trim(), compiled.error))
    if (name === '') errors.push(required(child(at, 'name')))
    else for (const problem of qualifiedNameErrors(name)) errors.push(invalid(child(at, 'name'), name, problem))
    if (name !== '' && seen.has(name)) errors.push(duplicate(child(at, 'name'), name))
    seen.add(name)
  })
}

/** One of a few words, where the field is set. */
export function checkWord(
  object: JsonObject,
  field: string,
  words: readonly string[],
  path: string,
  errors: Errors,
): void {
  if (has(object, field) && !words.includes(textAt(object, field)))
    errors.push(notSupported(child(path, field), textAt(object, field), words))
}
