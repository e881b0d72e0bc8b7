import type { JsonObject } from '../../manifest/json.ts'
import { apiVersionOf, type KubeObject } from '../../manifest/object.ts'
import type { AdmissionAttributes, GroupVersionKind } from '../admission/attributes.ts'
import type { Registry } from './registry.ts'
import type { Scope } from './scope.ts'
import type { Steps } from './steps.ts'
import type { Target } from './write.ts'

/** What admission is told of a write. */
export function admissionAttributes(
  scope: Scope,
  { kind, namespace, name, subresource, admittedAs, inCollection }: Target,
  object: KubeObject | undefined,
  oldObject: KubeObject | undefined,
): AdmissionAttributes {
  const operation = object === undefined ? 'DELETE' : oldObject === undefined ? 'CREATE' : 'UPDATE'
  const type = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions' }[operation]
  const named = inCollection === true ? '' : name || (object?.metadata.name ?? '')
  const isNamespace = kind.group === '' && kind.kind === 'Namespace'
  return {
    operation,
    kind,
    version: scope.version,
    subresource: admittedAs?.subresource ?? subresource,
    ...(admittedAs === undefined ? {} : { subresourceKind: admittedAs.kind }),
    namespace: isNamespace ? named : namespace,
    name: named,
    object,
    oldObject,
    options: { kind: type, apiVersion: 'meta.k8s.io/v1', ...scope.options },
    dryRun: scope.dryRun,
    user: scope.user,
    warn: scope.warn,
  }
}

/** Lets policies and webhooks judge a request that stores no object of its own: an eviction, a binding, a token, a review. */
export function* admitOnly(
  registry: Registry,
  scope: Scope,
  target: Target,
  { group, version, kind }: GroupVersionKind,
  body: JsonObject,
): Steps<void> {
  if (!registry.admission.configured) return
  const { namespace } = target
  const metadata = { ...(body['metadata'] as JsonObject | undefined), ...(namespace === '' ? {} : { namespace }) }
  const shown = { ...body, apiVersion: apiVersionOf({ group, version }), kind, metadata }
  const admittedAs = { subresource: target.subresource, kind: { group, version, kind, show: () => shown } }
  const object = shown as unknown as KubeObject
  const attributes = admissionAttributes(scope, { ...target, admittedAs }, object, undefined)
  yield* registry.admission.mutate(registry, attributes, same => same)
  yield* registry.admission.validate(registry, attributes)
}

/** The object as the mutating webhooks leave it. */
export function* mutate(
  registry: Registry,
  scope: Scope,
  target: Target,
  object: KubeObject,
  old: KubeObject | undefined,
  admit: (object: KubeObject) => KubeObject,
): Steps<KubeObject> {
  if (!registry.admission.configured) return object
  const attributes = admissionAttributes(scope, target, object, old)
  return (yield* registry.admission.mutate(registry, attributes, admit)) ?? object
}

/** Throws when a policy or a webhook refuses the write. */
export function* validate(
  registry: Registry,
  scope: Scope,
  target: Target,
  object: KubeObject,
  old: KubeObject | undefined,
): Steps<void> {
  if (registry.admission.configured)
    yield* registry.admission.validate(registry, admissionAttributes(scope, target, object, old))
}
