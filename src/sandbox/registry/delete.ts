import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { timestamp } from '../clock.ts'
import { type Kind, storageKey } from '../kind.ts'
import { conflict, notFound } from '../status.ts'
import { detached, type Stored } from '../store.ts'
import { admissionAttributes } from './admit.ts'
import { withMetadata } from './metadata.ts'
import { type Registry, resourceOf, strategyContext } from './registry.ts'
import type { Scope } from './scope.ts'
import type { Steps } from './steps.ts'
import type { Target } from './write.ts'

/** `meta/v1` DeleteOptions, as far as they are honoured. */
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
  readonly orphanDependents?: boolean
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
}

/** `gone` is false where the object stays until its finalizers or its grace period end. */
export interface Deleted {
  readonly stored: Stored
  readonly gone: boolean
}

/** Deletes an object, or marks it for deletion; an eviction has been admitted before. Throws `StatusError`. */
export function* remove(
  registry: Registry,
  scope: Scope,
  target: Target,
  options: DeleteOptions,
  isAdmitted = false,
): Steps<Deleted> {
  const { kind, namespace, name } = target
  const key = storageKey(kind)
  const live = registry.store.get(key, namespace, name)
  if (live === undefined) throw notFound(resourceOf(kind), name)
  checkPreconditions(kind, live.object, options)

  const now = registry.clock.now()
  const context = strategyContext(registry, scope)
  const first = live.object.metadata.deletionTimestamp === undefined
  const prepared = first ? (kind.strategy.prepareForDelete?.(live.object, context) ?? live.object) : live.object
  const { metadata } = prepared
  const finalizers = finalizersFor(kind, metadata.finalizers ?? [], options)
  const asked =
    options.gracePeriodSeconds !== undefined && options.gracePeriodSeconds < 0 ? 1 : options.gracePeriodSeconds
  const deleting = metadata.deletionTimestamp !== undefined
  const grace = graceful(kind, live.object, asked)
  if (grace === 'pending') return { stored: live, gone: false }
  if (registry.admission.configured && !isAdmitted) {
    const attributes = admissionAttributes(scope, target, undefined, live.object)
    yield* registry.admission.mutate(registry, attributes, same => same)
    yield* registry.admission.validate(registry, attributes)
    if (registry.store.get(key, namespace, name) !== live) return yield* remove(registry, scope, target, options)
  }

  const stays = finalizers.length > 0 || grace > 0 || holdsItself(kind, live.object)
  const marked = withMetadata(prepared, {
    finalizers: finalizers.length === 0 ? undefined : finalizers,
    deletionTimestamp: grace > 0 || !deleting ? timestamp(now + grace * 1000) : metadata.deletionTimestamp,
    deletionGracePeriodSeconds: marksItself(kind) ? undefined : grace,
    generation:
      metadata.generation === undefined || deleting || marksItself(kind)
        ? metadata.generation
        : metadata.generation + 1,
  })
  if (stays) {
    const settled = isNamespace(kind) ? terminating(marked) : marked
    if (JSON.stringify(settled) === live.json()) return { stored: live, gone: false }
    if (scope.dryRun) return { stored: detached(settled, live.revision), gone: false }
    const stored = registry.store.put(key, settled)
    kind.strategy.after?.(stored.object, live.object, context)
    return { stored, gone: false }
  }
  if (scope.dryRun) return { stored: live, gone: true }
  // A graceful kind shows its last state as deleting, with no time left.
  const last = kind.strategy.gracePeriod === undefined ? live.object : marked
  const stored = registry.store.remove(key, namespace, name, last) ?? live
  kind.strategy.after?.(undefined, live.object, context)
  return { stored, gone: true }
}

/** The answer to a delete that is done: a Status that names what was deleted. */
export function deletedStatus(kind: Kind, object: KubeObject): JsonObject {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: object.metadata.name,
      ...(kind.group === '' ? {} : { group: kind.group }),
      kind: kind.plural,
      uid: object.metadata.uid ?? '',
    },
  }
}

function checkPreconditions(kind: Kind, object: KubeObject, { preconditions = {} }: DeleteOptions): void {
  const { uid, resourceVersion, name } = object.metadata
  const resource = { group: kind.group, resource: kind.kind }
  if (preconditions.uid !== undefined && preconditions.uid !== uid)
    throw conflict(
      resource,
      name,
      `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    )
  if (preconditions.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion)
    throw conflict(
      resource,
      name,
      `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    )
}

/** Seconds that are left to the object; `pending` where it is ending already and need not end sooner. */
function graceful(kind: Kind, object: KubeObject, asked: number | undefined): number | 'pending' {
  if (kind.strategy.gracePeriod === undefined) return 0
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = object.metadata
  if (deletionTimestamp === undefined) return kind.strategy.gracePeriod(object, asked)
  if (deletionGracePeriodSeconds === 0) return 0
  if (asked === undefined || asked >= deletionGracePeriodSeconds) return 'pending'
  return asked
}

function finalizersFor(kind: Kind, current: readonly string[], options: DeleteOptions): readonly string[] {
  const others = current.filter(one => one !== 'orphan' && one !== 'foregroundDeletion')
  const policy = propagation(kind, current, options)
  if (policy === 'Orphan') return [...others, 'orphan']
  return policy === 'Foreground' ? [...others, 'foregroundDeletion'] : others
}

function propagation(kind: Kind, current: readonly string[], options: DeleteOptions) {
  if (isNamespace(kind) || kind.plural === 'events') return 'Background'
  if (options.orphanDependents !== undefined) return options.orphanDependents ? 'Orphan' : 'Background'
  if (options.propagationPolicy !== undefined) return options.propagationPolicy
  if (current.includes('orphan')) return 'Orphan'
  if (current.includes('foregroundDeletion')) return 'Foreground'
  return kind.strategy.defaultPropagation ?? 'Background'
}

/** Namespaces and definitions mark themselves as ending, without what is done for other kinds. */
function marksItself(kind: Kind): boolean {
  return isNamespace(kind) || kind.strategy.prepareForDelete !== undefined
}

function isNamespace(kind: Kind): boolean {
  return kind.group === '' && kind.kind === 'Namespace'
}

function holdsItself(kind: Kind, object: KubeObject): boolean {
  const spec = object['spec'] as { readonly finalizers?: readonly string[] } | undefined
  return isNamespace(kind) && (spec?.finalizers?.length ?? 0) > 0
}

function terminating(namespace: KubeObject): KubeObject {
  const status = (namespace['status'] ?? {}) as JsonObject
  return { ...namespace, status: { ...status, phase: 'Terminating' } }
}
