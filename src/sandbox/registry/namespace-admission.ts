import { forbidden, notFound, StatusError } from '../status.ts'
import { type Registry, resourceOf } from './registry.ts'
import type { Target } from './write.ts'

/** Nothing is created in a namespace that does not exist or that is on its way out (NamespaceLifecycle admission). */
export function admitToNamespace(registry: Registry, target: Target): void {
  const { kind, namespace, name } = target
  if (!kind.namespaced) return
  const live = registry.store.get('/namespaces', '', namespace)
  if (live === undefined) throw notFound({ group: '', resource: 'namespaces' }, namespace)
  if (live.object.metadata.deletionTimestamp === undefined) return
  const refused = forbidden(
    resourceOf(kind),
    name,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  ).status
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  }
  throw new StatusError({ ...refused, details: { ...refused.details, causes: [cause] } })
}
