import { isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import type { Kind, User } from '../kind.ts'
import { forbidden, quote, type StatusError } from '../status.ts'
import type { Store } from '../store.ts'
import type { Authorizer, PolicyRule } from './rbac.ts'

const RBAC = 'rbac.authorization.k8s.io'

/**
 * The refusal of a role or binding that would give away more than its author has, unless he may `escalate` or `bind`;
 * undefined for anything else.
 */
export function escalation(
  authorizer: Authorizer,
  store: Store,
  user: User,
  kind: Kind,
  object: KubeObject,
): StatusError | undefined {
  if (kind.group !== RBAC || user.groups.includes('system:masters')) return undefined
  const { namespace = '', name } = object.metadata
  const isBinding = kind.plural.endsWith('bindings')
  const reference = isBinding && isObject(object['roleRef'] as JsonValue) ? (object['roleRef'] as JsonObject) : {}
  const role = isBinding ? `${String(reference['kind']).toLowerCase()}s` : kind.plural
  const allowed = authorizer.authorize({
    user,
    verb: isBinding ? 'bind' : 'escalate',
    isResource: true,
    group: RBAC,
    resource: role,
    subresource: '',
    namespace,
    name: isBinding ? String(reference['name'] ?? '') : name,
    path: '',
  }).allowed
  if (allowed) return undefined
  const granted = isBinding ? rulesOf(store, reference, namespace) : rulesIn(object)
  const held = authorizer.rulesFor(user, namespace)
  const missing = granted.flatMap(breakdown).filter(one => !held.some(rule => covers(rule, one)))
  if (missing.length === 0) return undefined
  const groups = user.groups.map(quote).join(' ')
  const list = missing.map(format).join('\n')
  return forbidden(
    { group: RBAC, resource: kind.plural },
    name,
    `user ${quote(user.username)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${list}`,
  )
}

function rulesOf(store: Store, reference: JsonObject, namespace: string): readonly PolicyRule[] {
  const name = String(reference['name'] ?? '')
  const stored =
    reference['kind'] === 'ClusterRole'
      ? store.get(`${RBAC}/clusterroles`, '', name)
      : store.get(`${RBAC}/roles`, namespace, name)
  return stored === undefined ? [] : rulesIn(stored.object)
}

function rulesIn(object: KubeObject): readonly PolicyRule[] {
  return (object['rules'] ?? []) as unknown as readonly PolicyRule[]
}

/** A rule as rules of one verb on one resource each. */
function breakdown(rule: PolicyRule): readonly PolicyRule[] {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule
  const one: PolicyRule[] = []
  for (const verb of verbs) {
    for (const group of apiGroups)
      for (const resource of resources) {
        const simple = { verbs: [verb], apiGroups: [group], resources: [resource] }
        if (resourceNames.length === 0) one.push(simple)
        else for (const name of resourceNames) one.push({ ...simple, resourceNames: [name] })
      }
    for (const url of nonResourceURLs) one.push({ verbs: [verb], nonResourceURLs: [url] })
  }
  return one
}

function covers(rule: PolicyRule, wanted: PolicyRule): boolean {
  const all = (held: readonly string[] = [], asked: readonly string[] = []) =>
    asked.every(one => held.includes('*') || held.includes(one))
  if (!all(rule.verbs, wanted.verbs)) return false
  if (wanted.nonResourceURLs !== undefined)
    return wanted.nonResourceURLs.every(url =>
      (rule.nonResourceURLs ?? []).some(
        held => held === url || (held.endsWith('*') && url.startsWith(held.slice(0, -1))),
      ),
    )
  if (!all(rule.apiGroups, wanted.apiGroups) || !all(rule.resources, wanted.resources)) return false
  const names = rule.resourceNames ?? []
  return names.length === 0 || (wanted.resourceNames !== undefined && all(names, wanted.resourceNames))
}

function format({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): string {
  const list = (label: string, values: readonly string[] | undefined) =>
    values === undefined ? [] : [`${label}:[${values.map(quote).join(' ')}]`]
  const parts = [
    ...list('APIGroups', apiGroups),
    ...list('Resources', resources),
    ...list('ResourceNames', resourceNames),
    ...list('NonResourceURLs', nonResourceURLs),
    ...list('Verbs', verbs),
  ]
  return `{${parts.join(', ')}}`
}
