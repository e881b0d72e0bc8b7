import type { JsonObject } from '../../manifest/json.ts'
import { type LabelSelector, matchesLabels, type Selector, selectorOf } from '../../manifest/selector.ts'
import { at, objectsAt, textAt, textsAt } from '../kinds/schema/value.ts'
import type { Registry } from '../registry/registry.ts'
import { notFound } from '../status.ts'
import { type AdmissionAttributes, equivalents, type MatchedResource } from './attributes.ts'

/** What a policy, a binding or a webhook says about the requests it is for. */
export interface Criteria {
  readonly rules: readonly Rule[]
  readonly excluded: readonly Rule[]
  /** False for `matchPolicy: Exact`. */
  readonly equivalent: boolean
  readonly namespaces: Selector
  readonly objects: Selector
}

interface Rule {
  readonly groups: readonly string[]
  readonly versions: readonly string[]
  readonly operations: readonly string[]
  readonly resources: readonly string[]
  readonly scope: string
  /** Empty for any. */
  readonly names: readonly string[]
}

/** Criteria of a webhook (`rules`) or of MatchResources (`resourceRules`, `excludeResourceRules`). */
export function criteriaOf(source: JsonObject): Criteria {
  const rulesAt = (field: string) => objectsAt(source, field).map(ruleOf)
  return {
    rules: [...rulesAt('rules'), ...rulesAt('resourceRules')],
    excluded: rulesAt('excludeResourceRules'),
    equivalent: textAt(source, 'matchPolicy') !== 'Exact',
    namespaces: selector(source, 'namespaceSelector'),
    objects: selector(source, 'objectSelector'),
  }
}

function ruleOf(rule: JsonObject): Rule {
  return {
    groups: textsAt(rule, 'apiGroups'),
    versions: textsAt(rule, 'apiVersions'),
    operations: textsAt(rule, 'operations'),
    resources: textsAt(rule, 'resources'),
    scope: textAt(rule, 'scope') || '*',
    names: textsAt(rule, 'resourceNames'),
  }
}

function selector(source: JsonObject, field: string): Selector {
  return selectorOf((at(source, field) ?? {}) as LabelSelector).value ?? []
}

/**
 * The resource under which criteria match a request, undefined where they do not. Without rules every resource matches.
 * Throws 404 when the namespace whose labels are asked for is not there.
 */
export function match(
  registry: Registry,
  criteria: Criteria,
  attributes: AdmissionAttributes,
): MatchedResource | undefined {
  if (!matchesObject(criteria, attributes)) return undefined
  if (criteria.excluded.length > 0 && matchRules(registry, criteria.excluded, criteria, attributes) !== undefined)
    return undefined
  const found =
    criteria.rules.length === 0
      ? { kind: attributes.kind, version: attributes.version }
      : matchRules(registry, criteria.rules, criteria, attributes)
  return found !== undefined && matchesNamespace(registry, criteria, attributes) ? found : undefined
}

function matchesObject({ objects }: Criteria, { object, oldObject }: AdmissionAttributes): boolean {
  if (objects.length === 0) return true
  return [object, oldObject].some(one => one !== undefined && matchesLabels(objects, one.metadata.labels))
}

function matchesNamespace(registry: Registry, { namespaces }: Criteria, attributes: AdmissionAttributes): boolean {
  if (namespaces.length === 0) return true
  const { kind, namespace, name, object, operation, subresource } = attributes
  const isNamespace = kind.plural === 'namespaces' && kind.group === ''
  if (namespace === '' && !isNamespace) return true
  if (isNamespace && subresource === '' && operation !== 'DELETE')
    return matchesLabels(namespaces, object?.metadata.labels)
  const of = isNamespace ? name : namespace
  const found = registry.store.get('/namespaces', '', of)
  if (found === undefined) throw notFound({ group: '', resource: 'namespaces' }, of)
  return matchesLabels(namespaces, found.object.metadata.labels)
}

function matchRules(
  registry: Registry,
  rules: readonly Rule[],
  criteria: Criteria,
  attributes: AdmissionAttributes,
): MatchedResource | undefined {
  const asked = { kind: attributes.kind, version: attributes.version }
  if (rules.some(rule => matchesRule(rule, attributes, asked))) return asked
  if (!criteria.equivalent) return undefined
  const others = equivalents(registry.catalog.kinds(), attributes)
  for (const rule of rules) {
    const found = others.find(other => matchesRule(rule, attributes, other))
    if (found !== undefined) return found
  }
  return undefined
}

const has = (items: readonly string[], wanted: string) => items.includes('*') || items.includes(wanted)

function matchesRule(rule: Rule, attributes: AdmissionAttributes, { kind, version }: MatchedResource): boolean {
  const isNamespaced = attributes.namespace !== '' && !(kind.group === '' && kind.plural === 'namespaces')
  if (rule.scope === 'Namespaced' && !isNamespaced) return false
  if (rule.scope === 'Cluster' && isNamespaced) return false
  return (
    has(rule.operations, attributes.operation) &&
    has(rule.groups, kind.group) &&
    has(rule.versions, version.version) &&
    rule.resources.some(resource => matchesResource(resource, kind.plural, attributes.subresource)) &&
    (rule.names.length === 0 || rule.names.includes(attributes.name))
  )
}

function matchesResource(pattern: string, plural: string, subresource: string): boolean {
  const slash = pattern.indexOf('/')
  const [resource, sub] = slash < 0 ? [pattern, ''] : [pattern.slice(0, slash), pattern.slice(slash + 1)]
  return (resource === '*' || resource === plural) && (sub === '*' || sub === subresource)
}
