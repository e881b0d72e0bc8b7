import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { timestamp } from '../clock.ts'
import type { Controller, ControllerContext } from '../controller.ts'
import { storageKey } from '../kind.ts'
import type { Catalog } from '../registry/catalog.ts'
import { createWorkQueue } from './work-queue.ts'

/** Gives each namespace its default service account and root certificate, and empties namespaces that are deleted. */
export function namespaceController(catalog: Catalog, ca: string): Controller {
  return context => {
    const { client } = context
    const queue = createWorkQueue(name => reconcile(context, catalog, ca, name), context.report)
    const stopNamespaces = client.watch('/namespaces', event => queue.add(event.current.name))
    const terminating = (namespace: string) =>
      client.get('/namespaces', '', namespace)?.metadata.deletionTimestamp !== undefined
    // What keeps a namespace from ending is the removal of something in it.
    const stops = new Map<string, () => void>()
    const follow = () => {
      for (const kind of catalog.kinds()) {
        const key = storageKey(kind)
        if (!kind.namespaced || stops.has(key)) continue
        stops.set(
          key,
          client.watch(key, event => {
            const { namespace } = event.current
            if (
              event.type === 'DELETED' &&
              (terminating(namespace) || key === '/serviceaccounts' || key === '/configmaps')
            )
              queue.add(namespace)
          }),
        )
      }
    }
    follow()
    const stopCatalog = catalog.onChange(follow)
    return () => {
      queue.stop()
      stopNamespaces()
      stopCatalog()
      for (const stop of stops.values()) stop()
    }
  }
}

function reconcile(context: ControllerContext, catalog: Catalog, ca: string, name: string): void {
  const namespace = context.client.get('/namespaces', '', name)
  if (namespace === undefined) return
  if (namespace.metadata.deletionTimestamp === undefined) furnish(context, ca, name)
  else empty(context, catalog, namespace)
}

function furnish({ client }: ControllerContext, ca: string, namespace: string): void {
  if (client.get('/serviceaccounts', namespace, 'default') === undefined)
    client.create('/serviceaccounts', {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace },
    })
  if (client.get('/configmaps', namespace, 'kube-root-ca.crt') === undefined)
    client.create('/configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'kube-root-ca.crt',
        namespace,
        annotations: {
          'kubernetes.io/description': 'Certificate authority of this sandbox, for clients inside it.',
        },
      },
      data: { 'ca.crt': ca },
    })
}

function empty({ client, clock }: ControllerContext, catalog: Catalog, namespace: KubeObject): void {
  const { name } = namespace.metadata
  const remaining: { resource: string; count: number; finalizers: Map<string, number> }[] = []
  for (const kind of catalog.kinds()) {
    const key = storageKey(kind)
    if (!kind.namespaced || catalog.byStorage(key) !== kind) continue
    for (const object of client.list(key, name))
      if (object.metadata.deletionTimestamp === undefined)
        client.delete(key, name, object.metadata.name, { propagation: 'Background' })
    const left = client.list(key, name)
    if (left.length === 0) continue
    const finalizers = new Map<string, number>()
    for (const object of left)
      for (const finalizer of object.metadata.finalizers ?? [])
        finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1)
    remaining.push({
      resource: kind.group === '' ? `${kind.plural}.` : `${kind.plural}.${kind.group}`,
      count: left.length,
      finalizers,
    })
  }
  const now = timestamp(clock.now())
  const conditions = terminationConditions(remaining, now, namespace)
  const status = { ...((namespace['status'] ?? {}) as JsonObject), phase: 'Terminating', conditions }
  if (remaining.length > 0) {
    client.update('/namespaces', { ...namespace, status } as unknown as KubeObject, { subresource: 'status' })
    return
  }
  const spec = (namespace['spec'] ?? {}) as { readonly finalizers?: readonly string[] }
  const finalizers = (spec.finalizers ?? []).filter(one => one !== 'kubernetes')
  const live = client.get('/namespaces', '', name) ?? namespace
  client.update('/namespaces', { ...live, spec: { ...spec, finalizers } } as unknown as KubeObject, {
    subresource: 'finalize',
  })
}

function terminationConditions(
  remaining: readonly { resource: string; count: number; finalizers: Map<string, number> }[],
  now: string,
  namespace: KubeObject,
): readonly JsonObject[] {
  const old = ((namespace['status'] as JsonObject | undefined)?.['conditions'] ?? []) as readonly JsonObject[]
  const finalizers = new Map<string, number>()
  for (const one of remaining)
    for (const [name, count] of one.finalizers) finalizers.set(name, (finalizers.get(name) ?? 0) + count)
  const contents = remaining
    .map(one => `${one.resource} has ${one.count} resource instances`)
    .sort()
    .join(', ')
  const holding = [...finalizers]
    .map(([name, count]) => `${name} in ${count} resource instances`)
    .sort()
    .join(', ')
  const wanted: [string, boolean, string, string][] = [
    ['NamespaceDeletionDiscoveryFailure', false, 'ResourcesDiscovered', 'All resources successfully discovered'],
    [
      'NamespaceDeletionGroupVersionParsingFailure',
      false,
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ],
    [
      'NamespaceDeletionContentFailure',
      false,
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ],
    contents === ''
      ? ['NamespaceContentRemaining', false, 'ContentRemoved', 'All content successfully removed']
      : ['NamespaceContentRemaining', true, 'SomeResourcesRemain', `Some resources are remaining: ${contents}`],
    holding === ''
      ? ['NamespaceFinalizersRemaining', false, 'ContentHasNoFinalizers', 'All content-preserving finalizers finished']
      : [
          'NamespaceFinalizersRemaining',
          true,
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${holding}`,
        ],
  ]
  return wanted.map(([type, holds, reason, message]) => {
    const status = holds ? 'True' : 'False'
    const before = old.find(one => one['type'] === type)
    const lastTransitionTime = before?.['status'] === status ? before['lastTransitionTime'] : now
    return { type, status, lastTransitionTime, reason, message }
  })
}
