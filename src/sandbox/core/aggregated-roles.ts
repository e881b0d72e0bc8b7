import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { type LabelSelector, matchesLabels, selectorOf } from '../../manifest/selector.ts'
import type { Controller } from '../controller.ts'
import { equal } from '../equal.ts'
import { createWorkQueue } from './work-queue.ts'

const ROLES = 'rbac.authorization.k8s.io/clusterroles'

/** Fills the rules of ClusterRoles that have an `aggregationRule` from the roles that it selects. */
export const aggregatedRoles: Controller = ({ client, report }) => {
  const queue = createWorkQueue(() => {
    const roles = client.list(ROLES)
    for (const role of roles) {
      const aggregation = role['aggregationRule'] as
        | { readonly clusterRoleSelectors?: readonly LabelSelector[] }
        | undefined
      if (aggregation === undefined) continue
      const rules = rulesFor(role, roles, aggregation.clusterRoleSelectors ?? [])
      if (!equal(rules, role['rules'] ?? [])) client.update(ROLES, { ...role, rules } as unknown as KubeObject)
    }
  }, report)
  const stop = client.watch(ROLES, () => queue.add('all'))
  return () => {
    queue.stop()
    stop()
  }
}

function rulesFor(
  role: KubeObject,
  roles: readonly KubeObject[],
  selectors: readonly LabelSelector[],
): readonly JsonObject[] {
  const rules: JsonObject[] = []
  for (const selector of selectors) {
    const { value } = selectorOf(selector)
    if (value === undefined) continue
    for (const other of roles) {
      if (other.metadata.name === role.metadata.name || !matchesLabels(value, other.metadata.labels)) continue
      for (const rule of (other['rules'] ?? []) as readonly JsonObject[])
        if (!rules.some(one => equal(one, rule))) rules.push(rule)
    }
  }
  return rules
}
