import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import type { SubresourceKind } from '../admission/attributes.ts'
import { timestamp } from '../clock.ts'
import { equal } from '../equal.ts'
import { invalid, invalidObject } from '../field-error.ts'
import { type Kind, type StrategyContext, storageKey } from '../kind.ts'
import { alreadyExists, badRequest, conflict, modified, notFound, quote, StatusError } from '../status.ts'
import { detached, type Stored } from '../store.ts'
import { mutate, validate } from './admit.ts'
import { countsGenerations, withGeneration } from './generation.ts'
import { metadataErrors, metadataUpdateErrors, withMetadata, withoutRepeatedOwners } from './metadata.ts'
import { admitToNamespace } from './namespace-admission.ts'
import { type Registry, resourceOf, strategyContext } from './registry.ts'
import type { Scope } from './scope.ts'
import type { Steps } from './steps.ts'
import { asStored } from './stored-object.ts'

/** Where a write goes. `name` is empty for a create that generates its name. */
export interface Target {
  readonly kind: Kind
  readonly namespace: string
  readonly name: string
  readonly subresource: string
  /** As what admission sees the request, where it changes the object by way of another (`scale`). */
  readonly admittedAs?: { readonly subresource: string; readonly kind: SubresourceKind }
  /** One of many: admission is not told its name. */
  readonly inCollection?: boolean
}

/** What came of a write. */
export interface Written {
  readonly stored: Stored
  readonly created: boolean
}

/** Creates an object that was decoded and is in the storage version. Throws `StatusError`. */
export function* create(registry: Registry, scope: Scope, target: Target, object: KubeObject): Steps<Written> {
  const { kind, namespace } = target
  if (object.metadata.resourceVersion !== undefined)
    throw new StatusError({
      code: 500,
      reason: '',
      message: 'resourceVersion should not be set on objects to be created',
    })
  const {
    uid: _u,
    creationTimestamp: _c,
    deletionTimestamp: _d,
    deletionGracePeriodSeconds: _g,
    ...kept
  } = object.metadata
  const located = inNamespace(kind, { ...object, metadata: kept }, namespace)
  const distinct = distinctOwners(scope, located)
  const managed = registry.fields.update(undefined, distinct, fieldUpdate(registry, scope, target))
  return yield* insert(registry, scope, target, managed)
}

/**
 * Changes an object: `change` gets the live one (undefined where there is none and one may be created) and returns what is
 * to be stored, with its managed fields. Throws `StatusError`.
 */
export function* update(
  registry: Registry,
  scope: Scope,
  target: Target,
  change: (live: KubeObject | undefined) => KubeObject,
  options: { readonly mayCreate?: boolean; readonly isPatch?: boolean } = {},
): Steps<Written> {
  const { kind, namespace, name, subresource } = target
  const { strategy } = kind
  const live = registry.store.get(storageKey(kind), namespace, name)
  const mayCreate = subresource === '' && (options.mayCreate === true || strategy.createOnUpdate === true)
  if (live === undefined && !mayCreate) throw notFound(resourceOf(kind), name)
  const asked = inNamespace(kind, change(live?.object), namespace)
  if (live === undefined) {
    const { uid } = asked.metadata
    if (uid !== undefined && options.mayCreate === true)
      throw conflict(
        resourceOf(kind),
        name,
        `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
      )
    if (uid !== undefined) throw preconditionFailed(target, uid, '')
    const { resourceVersion: _r, ...kept } = asked.metadata
    return yield* insert(registry, scope, target, { ...asked, metadata: kept })
  }
  const context = strategyContext(registry, scope)
  const admit = (object: KubeObject) =>
    subresource === '' ? (strategy.admit?.(object, live.object, context) ?? object) : object
  const wanted = yield* mutate(registry, scope, target, admit(asked), live.object, admit)
  if (hasMoved()) return yield* update(registry, scope, target, change, options)
  // A patch that changes the uid is refused like any other change of it; only a replacement takes it for a precondition.
  if (options.isPatch !== true) checkUid(target, wanted, live.object)
  checkLock(target, wanted, live.object)
  const distinct = distinctOwners(scope, prepareMetadata(wanted, live.object))
  const object = settle(kind, subresource, distinct, live.object, context)
  const problems = [
    ...metadataUpdateErrors(object.metadata, live.object.metadata),
    // Built-in kinds check metadata once more by themselves, and tell everything twice.
    ...(kind.custom === true ? [] : metadataUpdateErrors(object.metadata, live.object.metadata)),
    ...(subresource === 'status'
      ? (strategy.validateStatusUpdate?.(object, live.object, context) ?? [])
      : (strategy.validateUpdate ?? ((next: KubeObject) => strategy.validate?.(next, context) ?? []))(
          object,
          live.object,
          context,
        )),
  ]
  if (problems.length > 0) throw invalidObject(kind, name, problems)
  for (const text of strategy.warnings?.(object, live.object) ?? []) scope.warn(text)
  yield* validate(registry, scope, target, object, live.object)
  if (hasMoved()) return yield* update(registry, scope, target, change, options)
  return { stored: commit(registry, scope, kind, object, live, context), created: false }

  /** Whether somebody else wrote the object while a webhook was asked; then everything begins anew. */
  function hasMoved(): boolean {
    return registry.store.get(storageKey(kind), namespace, name) !== live
  }
}

/** Options for field management, from a request. */
export function fieldUpdate(registry: Registry, scope: Scope, target: Target) {
  return {
    kind: target.kind,
    version: scope.version,
    subresource: target.subresource,
    manager: scope.manager,
    now: registry.clock.now(),
  }
}

function* insert(registry: Registry, scope: Scope, target: Target, object: KubeObject): Steps<Written> {
  const { kind } = target
  const { strategy } = kind
  const context = strategyContext(registry, scope)
  admitToNamespace(registry, target)
  const admit = (one: KubeObject) => strategy.admit?.(one, undefined, context) ?? one
  const admitted = withName(registry, yield* mutate(registry, scope, target, admit(object), undefined, admit))
  const stamped = withMetadata(distinctOwners(scope, admitted), {
    uid: randomUUID(),
    creationTimestamp: timestamp(registry.clock.now()),
    generation: countsGenerations(kind) ? 1 : admitted.metadata.generation,
  })
  const bare = kind.subresources.includes('status') ? withoutStatus(stamped) : stamped
  const prepared = strategy.prepareForCreate?.(bare, context) ?? bare
  const problems = [...metadataErrors(kind, prepared.metadata), ...(strategy.validate?.(prepared, context) ?? [])]
  if (problems.length > 0) throw invalidObject(kind, prepared.metadata.name ?? '', problems)
  for (const text of strategy.warnings?.(prepared, undefined) ?? []) scope.warn(text)
  const { namespace = '', name } = prepared.metadata
  const key = storageKey(kind)
  yield* validate(registry, scope, target, asStored(kind, prepared), undefined)
  if (registry.store.get(key, namespace, name) !== undefined) throw alreadyExists(resourceOf(kind), name)
  registry.guard(scope.user, kind, prepared)
  const settled = asStored(kind, prepared)
  if (scope.dryRun) return { stored: detached(settled, 0), created: true }
  const stored = registry.store.put(key, settled)
  strategy.after?.(stored.object, undefined, context)
  return { stored, created: true }
}

function settle(
  kind: Kind,
  subresource: string,
  wanted: KubeObject,
  live: KubeObject,
  context: StrategyContext,
): KubeObject {
  const { strategy } = kind
  if (subresource === 'finalize') return finalized(wanted, live)
  if (subresource === 'status') {
    const merged = statusUpdate(kind, wanted, live)
    return strategy.prepareForStatusUpdate?.(merged, live, context) ?? merged
  }
  const kept = kind.subresources.includes('status') ? withStatusOf(wanted, live) : wanted
  const prepared = strategy.prepareForUpdate?.(kept, live, context) ?? kept
  return withGeneration(kind, prepared, live)
}

/** `namespaces/finalize` changes the finalizers of the spec and nothing else. */
function finalized(wanted: KubeObject, live: KubeObject): KubeObject {
  const { finalizers = [] } = (wanted['spec'] ?? {}) as { readonly finalizers?: readonly string[] }
  const { finalizers: _before, ...spec } = (live['spec'] ?? {}) as JsonObject
  const kept = withMetadata(live, { managedFields: wanted.metadata.managedFields })
  return { ...kept, spec: finalizers.length === 0 ? spec : { ...spec, finalizers } } as KubeObject
}

/** What `/status` changes: the status alone for custom resources; built-in kinds let metadata through as well. */
function statusUpdate(kind: Kind, wanted: KubeObject, live: KubeObject): KubeObject {
  const { status } = wanted
  const { status: _status, ...rest } = live
  const { labels: _labels, ...metadata } = wanted.metadata
  const kept =
    kind.custom === true || kind.group === 'apiextensions.k8s.io'
      ? withMetadata(live, { managedFields: wanted.metadata.managedFields }).metadata
      : kind.plural === 'deployments'
        ? { ...metadata, ...(live.metadata.labels === undefined ? {} : { labels: live.metadata.labels }) }
        : wanted.metadata
  return { ...rest, metadata: kept, ...(status === undefined ? {} : { status }) } as KubeObject
}

function commit(
  registry: Registry,
  scope: Scope,
  kind: Kind,
  object: KubeObject,
  live: Stored,
  context: StrategyContext,
): Stored {
  const { store } = registry
  const key = storageKey(kind)
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata
  const holdsOn = finalizers.length > 0 || namespaceFinalizers(kind, object) > 0
  if (deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0 && !holdsOn) {
    if (scope.dryRun) return detached(object, live.revision)
    const removed = store.remove(key, live.namespace, live.name, object)
    kind.strategy.after?.(undefined, live.object, context)
    return removed ?? live
  }
  const written = asStored(kind, withMetadata(object, { resourceVersion: live.object.metadata.resourceVersion }))
  const next = keepTimes(written, live.object)
  if (equal(next, live.object)) return live
  registry.guard(scope.user, kind, next)
  if (scope.dryRun) return detached(next, live.revision)
  const stored = store.put(key, next)
  kind.strategy.after?.(stored.object, live.object, context)
  return stored
}

/** Namespaces keep finalizers of their own in the spec. */
function namespaceFinalizers(kind: Kind, object: KubeObject): number {
  if (kind.group !== '' || kind.kind !== 'Namespace') return 0
  const spec = object['spec'] as { readonly finalizers?: readonly string[] } | undefined
  return spec?.finalizers?.length ?? 0
}

function inNamespace(kind: Kind, object: KubeObject, namespace: string): KubeObject {
  const given = object.metadata.namespace ?? ''
  const expected = kind.namespaced ? namespace : ''
  if (given === expected) return object
  if (given === '') return withMetadata(object, { namespace: expected })
  if (expected === '' && !kind.namespaced) return withMetadata(object, { namespace: undefined })
  throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
}

function distinctOwners(scope: Scope, object: KubeObject): KubeObject {
  const { object: distinct, repeated } = withoutRepeatedOwners(object)
  if (repeated.length > 0)
    scope.warn(
      `.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${repeated.join(', ')}`,
    )
  return distinct
}

function checkUid(target: Target, { metadata: { uid } }: KubeObject, live: KubeObject): void {
  if (uid !== undefined && uid !== '' && uid !== live.metadata.uid)
    throw preconditionFailed(target, uid, live.metadata.uid ?? '')
}

function checkLock(target: Target, wanted: KubeObject, live: KubeObject): void {
  const { kind, name } = target
  const { resourceVersion } = wanted.metadata
  if (resourceVersion !== undefined && resourceVersion !== '' && resourceVersion !== '0') {
    if (!/^\d+$/.test(resourceVersion))
      throw new StatusError({
        code: 500,
        reason: '',
        message: `strconv.ParseUint: parsing ${quote(resourceVersion)}: invalid syntax`,
      })
    if (resourceVersion !== live.metadata.resourceVersion) throw modified(resourceOf(kind), name)
    return
  }
  if (kind.strategy.requireResourceVersion === true || kind.custom === true)
    throw invalidObject({ group: kind.group, kind: kind.plural }, name, [
      invalid('metadata.resourceVersion', 0, 'must be specified for an update'),
    ])
}

function preconditionFailed({ kind, namespace, name }: Target, wanted: string, found: string) {
  const key = `/registry/${kind.group === '' || kind.custom !== true ? '' : `${kind.group}/`}${kind.plural}/${namespace === '' ? '' : `${namespace}/`}${name}`
  return conflict(
    resourceOf(kind),
    name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${found}`,
  )
}

/** What an update can never change, and what it keeps when it says nothing. */
function prepareMetadata(wanted: KubeObject, live: KubeObject): KubeObject {
  const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation } = live.metadata
  return withMetadata(wanted, {
    uid: wanted.metadata.uid || uid,
    creationTimestamp,
    deletionTimestamp: deletionTimestamp ?? wanted.metadata.deletionTimestamp,
    deletionGracePeriodSeconds: deletionGracePeriodSeconds ?? wanted.metadata.deletionGracePeriodSeconds,
    generation,
  })
}

function withName(registry: Registry, object: KubeObject): KubeObject {
  const { name = '', generateName = '' } = object.metadata
  if (name !== '' || generateName === '') return object
  return withMetadata(object, { name: `${generateName.slice(0, 58)}${registry.random(5)}` })
}

function withoutStatus(object: KubeObject): KubeObject {
  if (object['status'] === undefined) return object
  const { status: _status, ...rest } = object
  return rest as KubeObject
}

function withStatusOf(object: KubeObject, live: KubeObject): KubeObject {
  const status = live['status']
  return status === undefined ? withoutStatus(object) : { ...object, status }
}

/** A write that changes nothing but the times in `managedFields` changes nothing. */
function keepTimes(next: KubeObject, live: KubeObject): KubeObject {
  const { managedFields } = live.metadata
  const fields = next.metadata.managedFields
  if (fields === undefined || managedFields === undefined || fields.length !== managedFields.length) return next
  const same = fields.every((entry, index) => {
    const before = managedFields[index]
    return before !== undefined && equal({ ...entry, time: '' }, { ...before, time: '' })
  })
  if (!same) return next
  const timeless = withMetadata(next, { managedFields })
  return equal(timeless, live) ? timeless : next
}
