import type { KubeObject } from '../../manifest/object.ts'
import type { User } from '../kind.ts'
import type { Store } from '../store.ts'
import { serviceAccountName } from './authenticate.ts'

/** What somebody wants to do. */
export interface Attributes {
  readonly user: User
  readonly verb: string
  readonly isResource: boolean
  readonly group: string
  readonly version?: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  /** For requests that are not about a resource. */
  readonly path: string
}

export interface PolicyRule {
  readonly verbs: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
}

export interface Decision {
  readonly allowed: boolean
  /** Why, as the server words it in access reviews. */
  readonly reason: string
}

export interface Authorizer {
  authorize(attributes: Attributes): Decision
  /** All rules that hold for a user, in a namespace. */
  rulesFor(user: User, namespace: string): readonly PolicyRule[]
}

interface Binding {
  readonly description: string
  readonly subjects: readonly Subject[]
  readonly rules: readonly PolicyRule[]
}

interface Subject {
  readonly kind: string
  readonly name: string
  readonly namespace?: string
}

interface RoleRef {
  readonly kind: string
  readonly name: string
}

const RBAC = 'rbac.authorization.k8s.io'

/** Role-based access control over the roles and bindings in the store; `system:masters` may do everything. */
export function createAuthorizer(store: Store): Authorizer {
  const bindings = new Map<string, readonly Binding[]>()
  store.onWrite(event => {
    if (event.resource.startsWith(`${RBAC}/`)) bindings.clear()
  })

  function bindingsIn(namespace: string): readonly Binding[] {
    const known = bindings.get(namespace)
    if (known !== undefined) return known
    const resource = namespace === '' ? 'clusterrolebindings' : 'rolebindings'
    const found = store.list(`${RBAC}/${resource}`, namespace).map(({ object }) => {
      const role = object['roleRef'] as unknown as RoleRef
      const where = namespace === '' ? '' : ` of ${role?.kind} ${JSON.stringify(role?.name)} to`
      return {
        description: describe(object, role, namespace, where),
        subjects: (object['subjects'] ?? []) as unknown as readonly Subject[],
        rules: rulesOf(role, namespace),
      }
    })
    bindings.set(namespace, found)
    return found
  }

  function rulesOf(role: RoleRef | undefined, namespace: string): readonly PolicyRule[] {
    if (role === undefined) return []
    const found =
      role.kind === 'ClusterRole'
        ? store.get(`${RBAC}/clusterroles`, '', role.name)
        : store.get(`${RBAC}/roles`, namespace, role.name)
    return (found?.object['rules'] ?? []) as unknown as readonly PolicyRule[]
  }

  return {
    authorize(attributes) {
      const { user, namespace } = attributes
      if (user.groups.includes('system:masters')) return { allowed: true, reason: '' }
      for (const scope of namespace === '' ? [''] : ['', namespace])
        for (const binding of bindingsIn(scope)) {
          if (!binding.rules.some(rule => allows(rule, attributes))) continue
          const subject = binding.subjects.find(one => applies(one, user, scope))
          if (subject !== undefined)
            return { allowed: true, reason: `RBAC: allowed by ${binding.description} ${formatSubject(subject)}` }
        }
      return { allowed: false, reason: '' }
    },
    rulesFor(user, namespace) {
      const masters: PolicyRule[] = user.groups.includes('system:masters')
        ? [
            { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
            { verbs: ['*'], nonResourceURLs: ['*'] },
          ]
        : []
      const scopes = namespace === '' ? [''] : ['', namespace]
      const bound = scopes.flatMap(scope =>
        bindingsIn(scope)
          .filter(binding => binding.subjects.some(subject => applies(subject, user, scope)))
          .flatMap(binding => binding.rules),
      )
      return [...masters, ...bound]
    },
  }
}

function describe(object: KubeObject, role: RoleRef | undefined, namespace: string, _where: string): string {
  const kind = namespace === '' ? 'ClusterRoleBinding' : 'RoleBinding'
  const name = namespace === '' ? object.metadata.name : `${object.metadata.name}/${namespace}`
  return `${kind} ${JSON.stringify(name)} of ${role?.kind} ${JSON.stringify(role?.name)} to`
}

function formatSubject({ kind, name, namespace }: Subject): string {
  return `${kind} ${JSON.stringify(kind === 'ServiceAccount' ? `${name}/${namespace ?? ''}` : name)}`
}

function applies(subject: Subject, user: User, scope: string): boolean {
  if (subject.kind === 'User') return subject.name === user.username
  if (subject.kind === 'Group') return user.groups.includes(subject.name)
  if (subject.kind !== 'ServiceAccount') return false
  return user.username === serviceAccountName(subject.namespace || scope, subject.name)
}

/** Whether one rule covers what is asked for. */
export function allows(rule: PolicyRule, attributes: Attributes): boolean {
  const { verb, isResource, group, resource, subresource, name, path } = attributes
  if (!has(rule.verbs, verb)) return false
  if (!isResource) return (rule.nonResourceURLs ?? []).some(url => covers(url, path))
  if (!has(rule.apiGroups ?? [], group)) return false
  const wanted = subresource === '' ? resource : `${resource}/${subresource}`
  const resources = rule.resources ?? []
  if (!has(resources, wanted) && !(subresource !== '' && resources.includes(`*/${subresource}`))) return false
  const names = rule.resourceNames ?? []
  return names.length === 0 || names.includes(name)
}

function has(list: readonly string[], value: string): boolean {
  return list.includes('*') || list.includes(value)
}

function covers(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === path) return true
  return pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, ''))
}
