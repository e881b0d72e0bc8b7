import type { KubeClient } from '../../kube/client-types.ts'
import type { ApiResource } from '../../kube/cluster.ts'
import type { GroupVersionKind } from '../../manifest/object.ts'

/** Kinds whose objects get copies of the labels of other objects. */
const COPIES: ReadonlySet<string> = new Set(['ControllerRevision', 'Endpoints', 'EndpointSlice', 'Event', 'PodMetrics'])

function isOfInterest({ kind, verbs }: ApiResource): boolean {
  return verbs.includes('list') && verbs.includes('watch') && !COPIES.has(kind)
}

/**
 * The kinds of which a cluster has objects with a label: one small list per kind. Kinds that cannot be listed are left out.
 */
export async function kindsWithLabel(cluster: KubeClient, label: string): Promise<readonly GroupVersionKind[]> {
  const resources = await cluster.resources()
  const unique = [...new Map(resources.filter(isOfInterest).map(each => [`${each.group}/${each.kind}`, each])).values()]
  const found = await Promise.all(
    unique.map(async ({ group, version, kind }): Promise<GroupVersionKind[]> => {
      try {
        const { items } = await cluster.listPage({ group, version, kind }, { labelSelector: label, limit: 1 })
        return items.length === 0 ? [] : [{ group, version, kind }]
      } catch {
        return []
      }
    }),
  )
  return found.flat()
}
