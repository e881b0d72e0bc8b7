import { isObject, type JsonObject } from '../manifest/json.ts'
import type { KubeObject } from '../manifest/object.ts'
import type { SandboxClient } from './client.ts'
import type { Kind, User } from './kind.ts'
import { remove } from './registry/delete.ts'
import { patched } from './registry/patches.ts'
import type { Registry } from './registry/registry.ts'
import type { Scope } from './registry/scope.ts'
import { finishNow, HasToWait, type Steps } from './registry/steps.ts'
import { create, fieldUpdate, type Target, update } from './registry/write.ts'
import { notFound, StatusError } from './status.ts'

/** What webhooks refused while the writer had gone on; told to him when he tries again. */
const refusals = new WeakMap<Registry, Map<string, StatusError>>()

/** The API without HTTP and without authorisation, as one field manager. */
export function createClient(registry: Registry, manager: string): SandboxClient {
  const user: User = { username: `system:${manager}`, groups: ['system:masters', 'system:authenticated'] }

  function kindOf(resource: string): Kind {
    const kind = registry.catalog.byStorage(resource)
    if (kind !== undefined) return kind
    const [group = '', plural = ''] = resource.split('/')
    throw notFound({ group, resource: plural }, '')
  }
  function scope(kind: Kind): Scope {
    const version = kind.versions.find(one => one.version === kind.storageVersion) ?? kind.versions[0]!
    return { user, manager, version, dryRun: false, fieldValidation: 'Ignore', warn: () => {} }
  }
  const target = (kind: Kind, namespace: string, name: string, subresource = ''): Target => ({
    kind,
    namespace: kind.namespaced ? namespace : '',
    name,
    subresource,
  })

  /** Does a write at once; one that a webhook refused later is refused when it is tried again. */
  function write<T>(key: string, steps: Steps<T>): T {
    const refused = refusals.get(registry)?.get(key)
    if (refused !== undefined) {
      refusals.get(registry)?.delete(key)
      throw refused
    }
    try {
      return finishNow(steps)
    } catch (error) {
      if (error instanceof HasToWait)
        error.done.catch(reason => {
          if (!(reason instanceof StatusError)) return
          const all = refusals.get(registry) ?? new Map<string, StatusError>()
          refusals.set(registry, all.set(key, reason))
        })
      throw error
    }
  }

  function change(
    resource: string,
    at: { namespace: string; name: string; subresource?: string },
    next: (live: KubeObject) => KubeObject,
  ) {
    const kind = kindOf(resource)
    const where = target(kind, at.namespace, at.name, at.subresource ?? '')
    const as = scope(kind)
    return write(
      `update ${resource} ${at.namespace}/${at.name}`,
      update(registry, as, where, live => {
        if (live === undefined) throw notFound({ group: kind.group, resource: kind.plural }, at.name)
        return registry.fields.update(live, next(live), fieldUpdate(registry, as, where))
      }),
    ).stored.object
  }

  return {
    get: (resource, namespace, name) => registry.store.get(resource, namespace, name)?.object,
    list: (resource, namespace) => registry.store.list(resource, namespace).map(stored => stored.object),
    create(resource, object) {
      const kind = kindOf(resource)
      const where = target(kind, object.metadata.namespace ?? '', object.metadata.name ?? '')
      const named = object.metadata.name ?? object.metadata.generateName
      const key = `create ${resource} ${where.namespace}/${named}`
      return write(key, create(registry, scope(kind), where, object)).stored.object
    },
    update: (resource, object, options = {}) =>
      change(
        resource,
        {
          namespace: object.metadata.namespace ?? '',
          name: object.metadata.name,
          ...(options.subresource === undefined ? {} : { subresource: options.subresource }),
        },
        () => object,
      ),
    patch: (resource, namespace, name, patch, options = {}) =>
      change(
        resource,
        { namespace, name, ...(options.subresource === undefined ? {} : { subresource: options.subresource }) },
        live => {
          const kind = kindOf(resource)
          const changed = patched('merge', live as unknown as JsonObject, patch, kind, scope(kind).version)
          return (isObject(changed) ? changed : live) as unknown as KubeObject
        },
      ),
    delete(resource, namespace, name, options = {}) {
      const kind = kindOf(resource)
      try {
        return write(
          `delete ${resource} ${namespace}/${name}`,
          remove(registry, scope(kind), target(kind, namespace, name), {
            ...(options.propagation === undefined ? {} : { propagationPolicy: options.propagation }),
            ...(options.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: options.gracePeriodSeconds }),
            ...(options.uid === undefined ? {} : { preconditions: { uid: options.uid } }),
          }),
        ).stored.object
      } catch (error) {
        if (error instanceof StatusError && error.status.code === 404) return undefined
        throw error
      }
    },
    watch(resource, listener) {
      for (const stored of registry.store.list(resource))
        listener({ type: 'ADDED', resource, revision: stored.revision, current: stored })
      return registry.store.watch(resource, registry.store.revision, listener) ?? (() => {})
    },
    as: other => createClient(registry, other),
  }
}
