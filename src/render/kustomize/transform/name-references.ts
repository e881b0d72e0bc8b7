import { goQuote } from '../../../manifest/go-text.ts'
import type { YamlNode } from '../../../manifest/yaml/node.ts'
import { toYaml } from '../../../manifest/yaml/to-yaml.ts'
import { editField, type FieldSpec } from '../field-spec.ts'
import { spendSteps } from '../meter.ts'
import { fieldOf, get, isNull, scalar, setField, setScalar } from '../node.ts'
import { fail, rewording } from '../problem.ts'
import {
  addReferrer,
  currentId,
  gvkOf,
  idOf,
  kindOf,
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
import { type SharedResource, share } from '../shared-resource.ts'
import type { NameReference } from '../transformer-config.ts'
import { toValue } from '../value.ts'

/** Updates every field that holds the former name of another object, so that it holds the present one. */
export function fixNameReferences(list: ResourceList, references: readonly NameReference[]): void {
  const candidates = list.items.map(candidateOf)
  const byFormerName = indexByFormerName(candidates)
  const rules = rulesByKind(references)
  for (const referrer of candidates) {
    const { resource } = referrer
    const { shared } = resource
    const context: Context = {
      referrer,
      bindingNamespaces: shared === undefined ? bindingNamespaces(resource.node) : bindingNamespacesOf(shared),
      byFormerName,
      lookups: [],
    }
    if (shared?.resolved !== undefined && stillResolved(context, shared.resolved, references)) {
      resource.shared = shared.resolved.result
      continue
    }
    for (const rule of rules(referrer.about.original)) updateField(context, rule)
    if (shared !== undefined) keepResolved(resource, shared, references, context.lookups)
  }
}

/** What the references of a shared object came to the last time, and what that hung on. */
export interface Resolved {
  readonly references: readonly NameReference[]
  readonly lookups: readonly Lookup[]
  readonly result: SharedResource
}

/** A name that was looked up, and the present name and namespace of what was found. */
interface Lookup {
  readonly query: Query
  readonly found: { readonly name: string; readonly namespace: string } | undefined
}

/** True where every name leads to what it led to the last time, so that the object comes out the same. */
function stillResolved(context: Context, { references, lookups }: Resolved, now: readonly NameReference[]): boolean {
  return (
    references === now &&
    lookups.every(({ query, found }) => {
      const candidate = findReferral(context, query)
      if (candidate === undefined || found === undefined) return candidate === found
      const { name, namespace } = idOf(candidate.resource)
      return name === found.name && namespace === found.namespace
    })
  )
}

/** Shares what the references of a shared object came to, unless they changed who it is. */
function keepResolved(
  resource: Resource,
  shared: SharedResource,
  references: readonly NameReference[],
  lookups: readonly Lookup[],
): void {
  const isChanged = lookups.some(({ query, found }) => found !== undefined && isUpdate(query, found))
  const result = isChanged ? share(resource) : shared
  if (result.key !== shared.key) return
  shared.resolved = { references, lookups, result }
  resource.shared = result
}

function isUpdate({ inMapping, name }: Query, found: { readonly name: string; readonly namespace: string }): boolean {
  return found.name !== name || (inMapping && found.namespace !== '')
}

/** Objects that once had a name, by the namespace they are in now; those that have none are in every one's reach. */
interface Namesakes {
  readonly all: Candidate[]
  readonly byNamespace: Map<string, Candidate[]>
}

function indexByFormerName(candidates: readonly Candidate[]): ReadonlyMap<string, Namesakes> {
  const index = new Map<string, Namesakes>()
  for (const candidate of candidates) {
    for (const name of candidate.about.formerNames) {
      const namesakes = index.get(name) ?? { all: [], byNamespace: new Map<string, Candidate[]>() }
      index.set(name, namesakes)
      namesakes.all.push(candidate)
      const neighbours = namesakes.byNamespace.get(candidate.about.namespace)
      if (neighbours === undefined) namesakes.byNamespace.set(candidate.about.namespace, [candidate])
      else neighbours.push(candidate)
    }
  }
  return index
}

/** What the search for references needs to know of an object. */
export interface Description {
  readonly id: ResourceId
  readonly clusterScoped: boolean
  readonly namespace: string
  readonly original: ResourceId
  readonly previous: readonly ResourceId[]
  readonly formerNames: ReadonlySet<string>
  readonly prefixes: readonly string[]
  readonly suffixes: readonly string[]
}

interface Candidate {
  readonly resource: Resource
  readonly about: Description
}

function candidateOf(resource: Resource): Candidate {
  const { shared } = resource
  if (shared === undefined) return { resource, about: describe(resource.node) }
  shared.description ??= describe(shared.node)
  return { resource, about: shared.description }
}

function describe(node: YamlNode): Description {
  const id = currentId(node)
  const previous = previousIds(node)
  return {
    id,
    clusterScoped: isClusterScoped(id),
    namespace: effectiveNamespace(id),
    original: originalId(node),
    previous,
    formerNames: new Set(previous.map(former => former.name)),
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

const none: ReadonlySet<string> = new Set()

function bindingNamespacesOf({ id, node }: SharedResource): ReadonlySet<string> {
  return id.kind === 'RoleBinding' ? bindingNamespaces(node) : none
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
      fail(`Invalid Input: namespace is blank for resource ${goQuote(formatId(currentId(node)))}\n`, {
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
  /** What has been looked up for the referrer. */
  readonly lookups: Lookup[]
}

/** A name that a field holds. */
interface Query {
  readonly rule: Rule
  readonly name: string
  /** Of the object that is meant, where the field says so. */
  readonly namespace: string | undefined
  /** The field is an object with a name and a namespace. */
  readonly inMapping: boolean
  /** The kind that a role binding says it refers to. */
  readonly roleRef: Gvk | undefined
}

/** Finds what a field refers to, and notes what was found. */
function lookUp(context: Context, query: Query): ResourceId | undefined {
  const found = findReferral(context, query)
  if (found === undefined) {
    context.lookups.push({ query, found })
    return undefined
  }
  const { resource } = found
  const id = idOf(resource)
  if (resource.shared === undefined) addReferrer(resource.node, formatId(context.referrer.about.id))
  context.lookups.push({ query, found: { name: id.name, namespace: id.namespace } })
  return id
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
  const roleRef = roleRefKind(context, rule)
  const found = lookUp(context, { rule, name: node.value, namespace: undefined, inMapping: false, roleRef })
  if (found !== undefined && found.name !== node.value) setScalar(node, scalar(found.name))
}

function updateMapping(context: Context, rule: Rule, node: YamlNode): void {
  const name = get(node, 'name')
  if (name === undefined)
    fail("path config error; no 'name' field in node", {
      code: 'reference-without-name',
      position: node.line > 0 ? node : undefined,
    })
  const namespace = get(node, 'namespace')?.value
  const roleRef = roleRefKind(context, rule)
  const found = lookUp(context, { rule, name: name.value, namespace, inMapping: true, roleRef })
  if (found === undefined || (found.name === name.value && found.namespace === '')) return
  setField(node, 'name', scalar(found.name))
  if (found.namespace !== '') setField(node, 'namespace', scalar(found.namespace))
}

function findReferral(
  context: Context,
  { inMapping, name: oldName, namespace, roleRef, rule }: Query,
): Candidate | undefined {
  let candidates = withinReach(context, oldName)
  if (candidates.length === 0) return undefined
  if (namespace !== undefined) candidates = inNamespace(candidates, namespace, context)
  candidates = candidates.filter(candidate => candidate.about.previous.some(id => isSelected(id, rule.target)))
  if (roleRef !== undefined)
    candidates = candidates.filter(candidate => candidate.about.previous.some(id => isSelected(id, roleRef)))
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
  const { name, namespace: ns } = idOf(first.resource)
  const alike = candidates.every(({ resource }) => {
    const id = idOf(resource)
    return id.name === name && (!inMapping || id.namespace === ns)
  })
  return alike ? first : tooMany(context, candidates)
}

/** The objects that once had a name and that the referrer may mean, in their order. */
function withinReach(context: Context, name: string): readonly Candidate[] {
  const namesakes = context.byFormerName.get(name)
  if (namesakes === undefined) return []
  const { referrer, bindingNamespaces: bound } = context
  spendSteps()
  if (referrer.about.clusterScoped) return namesakes.all
  const near = namesakes.byNamespace.get(referrer.about.namespace) ?? []
  const everywhere = namesakes.byNamespace.get(noNamespace) ?? []
  if (bound.size === 0 && (near.length === 0 || everywhere.length === 0)) return near.length === 0 ? everywhere : near
  spendSteps(namesakes.all.length)
  return namesakes.all.filter(candidate => isWithinReach(context, candidate))
}

/** Cluster-scoped objects may refer to everything, others to their own namespace and what has none. */
function isWithinReach({ referrer, bindingNamespaces: bound }: Context, candidate: Candidate): boolean {
  return (
    referrer.about.clusterScoped ||
    candidate.about.clusterScoped ||
    candidate.about.namespace === referrer.about.namespace ||
    bound.has(idOf(candidate.resource).namespace)
  )
}

function inNamespace(candidates: readonly Candidate[], namespace: string, context: Context): Candidate[] {
  if (namespace === noNamespace) return []
  const anyOriginal = hasOriginalNamespace(context, namespace)
  return candidates.filter(
    candidate => (anyOriginal ? effectiveNamespace(candidate.about.original) : candidate.about.namespace) === namespace,
  )
}

function hasOriginalNamespace(context: Context, namespace: string): boolean {
  for (const candidates of context.byFormerName.values())
    for (const candidate of candidates.all) {
      spendSteps()
      if (isWithinReach(context, candidate) && effectiveNamespace(candidate.about.original) === namespace) return true
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
    referrer.about.clusterScoped ||
    candidate.about.clusterScoped ||
    idOf(candidate.resource).kind === 'ServiceAccount' ||
    candidate.about.namespace === referrer.about.namespace
  )
}

function sameAffixes(a: Candidate, b: Candidate, allowEmpty: boolean): boolean {
  const same = (x: readonly string[], y: readonly string[]): boolean =>
    (allowEmpty && (x.length === 0 || y.length === 0)) || sameEnding(x, y)
  return same(a.about.prefixes, b.about.prefixes) && same(a.about.suffixes, b.about.suffixes)
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
