import type { YamlNode } from '../../../manifest/yaml/node.ts'
import { toYaml } from '../../../manifest/yaml/to-yaml.ts'
import { editField, type FieldSpec } from '../field-spec.ts'
import { quote } from '../go-text.ts'
import { spendSteps } from '../meter.ts'
import { fieldOf, get, isNull, scalar, setField, setScalar } from '../node.ts'
import { fail, rewording } from '../problem.ts'
import {
  addReferrer,
  currentId,
  gvkOf,
  kindOf,
  nameOf,
  namespaceOf,
  originalId,
  prefixesOf,
  previousIds,
  type Resource,
  suffixesOf,
} from '../resource.ts'
import {
  effectiveNamespace,
  formatId,
  type Gvk,
  isClusterScoped,
  isSelected,
  noNamespace,
  type ResourceId,
} from '../resource-id.ts'
import type { ResourceList } from '../resource-list.ts'
import type { NameReference } from '../transformer-config.ts'
import { toValue } from '../value.ts'

/** Updates every field that holds the former name of another object, so that it holds the present one. */
export function fixNameReferences(list: ResourceList, references: readonly NameReference[]): void {
  const candidates = list.items.map(describe)
  const byFormerName = indexByFormerName(candidates)
  const rules = rulesByKind(references)
  for (const referrer of candidates) {
    const context: Context = {
      referrer,
      bindingNamespaces: bindingNamespaces(referrer.resource.node),
      byFormerName,
    }
    for (const rule of rules(originalId(referrer.resource.node))) updateField(context, rule)
  }
}

/** Objects that once had a name, by the namespace they are in now; those that have none are in every one's reach. */
interface Namesakes {
  readonly all: Candidate[]
  readonly byNamespace: Map<string, Candidate[]>
}

function indexByFormerName(candidates: readonly Candidate[]): ReadonlyMap<string, Namesakes> {
  const index = new Map<string, Namesakes>()
  for (const candidate of candidates) {
    for (const name of new Set(candidate.previous.map(id => id.name))) {
      const namesakes = index.get(name) ?? { all: [], byNamespace: new Map<string, Candidate[]>() }
      index.set(name, namesakes)
      namesakes.all.push(candidate)
      const neighbours = namesakes.byNamespace.get(candidate.namespace)
      if (neighbours === undefined) namesakes.byNamespace.set(candidate.namespace, [candidate])
      else neighbours.push(candidate)
    }
  }
  return index
}

interface Candidate {
  readonly resource: Resource
  readonly id: ResourceId
  readonly clusterScoped: boolean
  readonly namespace: string
  readonly original: ResourceId
  readonly previous: readonly ResourceId[]
  readonly prefixes: readonly string[]
  readonly suffixes: readonly string[]
}

function describe(resource: Resource): Candidate {
  const { node } = resource
  const id = currentId(node)
  return {
    resource,
    id,
    clusterScoped: isClusterScoped(id),
    namespace: effectiveNamespace(id),
    original: originalId(node),
    previous: previousIds(node),
    prefixes: prefixesOf(node),
    suffixes: suffixesOf(node),
  }
}

interface Rule {
  readonly field: FieldSpec
  readonly target: Gvk
}

/** The fields to look at in an object of a kind; worked out once per kind. */
function rulesByKind(references: readonly NameReference[]): (gvk: Gvk) => readonly Rule[] {
  const known = new Map<string, readonly Rule[]>()
  return gvk => {
    const key = `${gvk.group}/${gvk.version}/${gvk.kind}`
    const found = known.get(key)
    if (found !== undefined) return found
    const rules = references.flatMap(reference =>
      reference.fieldSpecs
        .filter(spec => isSelected(gvk, spec))
        .map(field => ({
          field,
          target: { group: reference.group, version: reference.version, kind: reference.kind },
        })),
    )
    known.set(key, rules)
    return rules
  }
}

/** Namespaces of the service accounts that a RoleBinding names; objects there can be referred to as well. */
function bindingNamespaces(node: YamlNode): ReadonlySet<string> {
  const namespaces = new Set<string>()
  if (kindOf(node) !== 'RoleBinding') return namespaces
  const subjects = fieldOf(node, 'subjects')
  if (subjects?.kind !== 'sequence') return namespaces
  for (const subject of subjects.content) {
    const namespace = fieldOf(subject, 'namespace')
    if (namespace === undefined || fieldOf(subject, 'kind')?.value !== 'ServiceAccount') continue
    if (typeof toValue(namespace) !== 'string')
      fail(`Invalid Input: namespace is blank for resource ${quote(formatId(currentId(node)))}\n`, {
        code: 'blank-namespace',
        position: namespace.line > 0 ? namespace : undefined,
        hint: 'give the subject a namespace or leave the field out',
      })
    namespaces.add(namespace.value)
  }
  return namespaces
}

interface Context {
  readonly referrer: Candidate
  readonly bindingNamespaces: ReadonlySet<string>
  readonly byFormerName: ReadonlyMap<string, Namesakes>
}

function updateField(context: Context, rule: Rule): void {
  const { node } = context.referrer.resource
  const spec = { ...rule.field, ...gvkOf(node) }
  rewording(
    message => `updating name reference in '${spec.path}' field of '${formatId(currentId(node))}': ${message}`,
    () => editField(node, spec, { set: field => updateNode(context, rule, field) }),
  )
}

function updateNode(context: Context, rule: Rule, node: YamlNode): void {
  if (isNull(node)) return
  switch (node.kind) {
    case 'scalar':
      updateScalar(context, rule, node)
      return
    case 'mapping':
      updateMapping(context, rule, node)
      return
    case 'sequence':
      for (const item of node.content) {
        if (isNull(item)) continue
        if (item.kind === 'scalar') updateScalar(context, rule, item)
        else if (item.kind === 'mapping') updateMapping(context, rule, item)
        else fail('item is expected to be either a string or a map of string', { code: 'wrong-node-kind' })
      }
      return
    default:
      fail('node must be a scalar, sequence or map', { code: 'wrong-node-kind' })
  }
}

function updateScalar(context: Context, rule: Rule, node: YamlNode): void {
  const found = findReferral(context, rule, node.value, undefined)
  if (found === undefined) return
  addReferrer(found.resource.node, formatId(context.referrer.id))
  const name = nameOf(found.resource.node)
  if (name !== node.value) setScalar(node, scalar(name))
}

function updateMapping(context: Context, rule: Rule, node: YamlNode): void {
  const name = get(node, 'name')
  if (name === undefined)
    fail("path config error; no 'name' field in node", {
      code: 'reference-without-name',
      position: node.line > 0 ? node : undefined,
    })
  const oldName = name.value
  const found = findReferral(context, rule, oldName, get(node, 'namespace')?.value, true)
  if (found === undefined) return
  addReferrer(found.resource.node, formatId(context.referrer.id))
  const newName = nameOf(found.resource.node)
  const newNamespace = namespaceOf(found.resource.node)
  if (newName === oldName && newNamespace === '') return
  setField(node, 'name', scalar(newName))
  if (newNamespace !== '') setField(node, 'namespace', scalar(newNamespace))
}

function findReferral(
  context: Context,
  rule: Rule,
  oldName: string,
  namespace: string | undefined,
  compareNamespaces = false,
): Candidate | undefined {
  let candidates = withinReach(context, oldName)
  if (namespace !== undefined) candidates = inNamespace(candidates, namespace, context)
  candidates = candidates.filter(candidate => candidate.previous.some(id => isSelected(id, rule.target)))
  const roleRef = roleRefKind(context, rule)
  if (roleRef !== undefined)
    candidates = candidates.filter(candidate => candidate.previous.some(id => isSelected(id, roleRef)))
  candidates = candidates.filter(candidate => isNear(context.referrer, candidate))
  if (candidates.length <= 1) {
    if (candidates.length === 1) return candidates[0]
    return undefined
  }
  candidates = candidates.filter(candidate => sameAffixes(candidate, context.referrer, true))
  if (candidates.length > 1)
    candidates = candidates.filter(candidate => sameAffixes(candidate, context.referrer, false))
  const [first] = candidates
  if (first === undefined || candidates.length === 1) return first
  const name = nameOf(first.resource.node)
  const ns = namespaceOf(first.resource.node)
  const alike = candidates.every(
    ({ resource: { node } }) => nameOf(node) === name && (!compareNamespaces || namespaceOf(node) === ns),
  )
  return alike ? first : tooMany(context, candidates)
}

/** The objects that once had a name and that the referrer may mean, in their order. */
function withinReach(context: Context, name: string): readonly Candidate[] {
  const namesakes = context.byFormerName.get(name)
  if (namesakes === undefined) return []
  const { referrer, bindingNamespaces: bound } = context
  spendSteps(namesakes.all.length)
  if (referrer.clusterScoped) return namesakes.all
  const near = namesakes.byNamespace.get(referrer.namespace) ?? []
  const everywhere = namesakes.byNamespace.get(noNamespace) ?? []
  if (bound.size === 0 && (near.length === 0 || everywhere.length === 0)) return near.length === 0 ? everywhere : near
  return namesakes.all.filter(candidate => isWithinReach(context, candidate))
}

/** Cluster-scoped objects may refer to everything, others to their own namespace and what has none. */
function isWithinReach({ referrer, bindingNamespaces: bound }: Context, candidate: Candidate): boolean {
  return (
    referrer.clusterScoped ||
    candidate.clusterScoped ||
    candidate.namespace === referrer.namespace ||
    bound.has(namespaceOf(candidate.resource.node))
  )
}

function inNamespace(candidates: readonly Candidate[], namespace: string, context: Context): Candidate[] {
  if (namespace === noNamespace) return []
  const anyOriginal = hasOriginalNamespace(context, namespace)
  return candidates.filter(
    candidate => (anyOriginal ? effectiveNamespace(candidate.original) : candidate.namespace) === namespace,
  )
}

function hasOriginalNamespace(context: Context, namespace: string): boolean {
  for (const candidates of context.byFormerName.values())
    for (const candidate of candidates.all) {
      spendSteps()
      if (isWithinReach(context, candidate) && effectiveNamespace(candidate.original) === namespace) return true
    }
  return false
}

function roleRefKind({ referrer }: Context, rule: Rule): Gvk | undefined {
  if (!rule.field.path.endsWith('roleRef/name')) return undefined
  const roleRef = fieldOf(referrer.resource.node, 'roleRef')
  const group = fieldOf(roleRef, 'apiGroup')
  const kind = fieldOf(roleRef, 'kind')
  return group === undefined || kind === undefined ? undefined : { group: group.value, version: '', kind: kind.value }
}

function isNear(referrer: Candidate, candidate: Candidate): boolean {
  return (
    referrer.clusterScoped ||
    candidate.clusterScoped ||
    kindOf(candidate.resource.node) === 'ServiceAccount' ||
    candidate.namespace === referrer.namespace
  )
}

function sameAffixes(a: Candidate, b: Candidate, allowEmpty: boolean): boolean {
  const same = (x: readonly string[], y: readonly string[]): boolean =>
    (allowEmpty && (x.length === 0 || y.length === 0)) || sameEnding(x, y)
  return same(a.prefixes, b.prefixes) && same(a.suffixes, b.suffixes)
}

function sameEnding(a: readonly string[], b: readonly string[]): boolean {
  const [short, long] = a.length > b.length ? [b, a] : [a, b]
  if (short.length === 0) return long.length === 0
  return short.every((value, i) => value === long[i + long.length - short.length])
}

function tooMany({ referrer }: Context, candidates: readonly Candidate[]): never {
  const ids = candidates.map(({ resource }) => formatId(currentId(resource.node))).join(', ')
  const yaml = ({ node }: Resource): string => toYaml(toValue(node))
  const details = candidates.map(({ resource }, i) => `--- possible referral ${i}:\n${yaml(resource)}\n`).join('')
  fail(
    `found multiple possible referrals: ${ids}\n\n**** Too many possible referral targets to referrer:\n${yaml(referrer.resource)}\n${details}`,
    { code: 'reference-ambiguous', hint: 'give the objects different names, or the reference a namespace' },
  )
}
