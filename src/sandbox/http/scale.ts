import { isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { invalid, invalidObject } from '../field-error.ts'
import { type Kind, storageKey } from '../kind.ts'
import type { Resource } from '../registry/catalog.ts'
import type { FieldUpdate } from '../registry/field-management.ts'
import { withMetadata } from '../registry/metadata.ts'
import { type PatchType, patched } from '../registry/patches.ts'
import { resourceOf } from '../registry/registry.ts'
import { finish } from '../registry/steps.ts'
import { fieldUpdate, type Target, update } from '../registry/write.ts'
import { badRequest, methodNotSupported, modified, notFound } from '../status.ts'
import type { ApiRequest } from './api-request.ts'
import { parseApplied, parseBody, parsePatch, readBody } from './body.ts'
import { bodyFormat, type ResourceServer, scopeOf, targetOf } from './common.ts'
import { writeOptions } from './options.ts'
import { json, type Reply } from './reply.ts'
import { parentManagers, scaleManagers } from './scale-fields.ts'

const PATCHES: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'merge',
}

/** Serves `scale`: the same few numbers of every kind that can be scaled, as an autoscaling/v1 Scale. */
export async function serveScale(
  { registry }: ResourceServer,
  resource: Resource,
  request: ApiRequest,
): Promise<Reply> {
  const { kind } = resource
  const { info, message } = request
  const live = registry.store.get(storageKey(kind), info.namespace, info.name)
  if (live === undefined) throw notFound(resourceOf(kind), info.name)
  if (info.verb === 'get') return json(200, scaleOf(kind, live.object))
  if (info.verb !== 'update' && info.verb !== 'patch') throw methodNotSupported(resourceOf(kind), info.verb)
  const media = (message.headers['content-type'] ?? '').split(';')[0]!.trim()
  const body = await readBody(message)
  const options = writeOptions(
    info.query,
    info.verb === 'patch' ? 'PatchOptions' : 'UpdateOptions',
    info.verb === 'patch' ? media : undefined,
  )
  const scope = scopeOf(request, resource, options)
  const show = (object: KubeObject) => scaleOf(kind, object)
  const target: Target = {
    ...targetOf(kind, info.namespace, info.name, ''),
    admittedAs: { subresource: 'scale', kind: { group: 'autoscaling', version: 'v1', kind: 'Scale', show } },
  }
  const fields: FieldUpdate = {
    ...fieldUpdate(registry, scope, target),
    kind: SCALE,
    version: { version: 'v1' },
    subresource: '',
  }
  const path = steps(kind.scale?.specReplicas ?? 'spec.replicas')
  const { stored } = await finish(
    update(registry, scope, target, current => {
      if (current === undefined) throw notFound(resourceOf(kind), info.name)
      const before = scaleOf(kind, current)
      const managed = withMetadata(before as unknown as KubeObject, { managedFields: scaleManagers(current, path) })
      const next =
        media === 'application/apply-patch+yaml' && info.verb === 'patch'
          ? registry.fields.apply(managed, appliedScale(body), { ...fields, force: options.force === true })
          : registry.fields.update(managed, changedScale(), fields)
      const { replicas = 0 } = (next['spec'] ?? {}) as { readonly replicas?: number }
      checkReplicas(info.name, replicas)
      const locked = next.metadata.resourceVersion
      if (locked !== undefined && locked !== current.metadata.resourceVersion)
        throw modified(resourceOf(kind), info.name)
      const scaled = withAt(current, path, replicas)
      const managers = parentManagers(current, next.metadata.managedFields ?? [], path, current.apiVersion)
      const result = withMetadata(scaled, { managedFields: managers.length === 0 ? undefined : managers })
      return kind.strategy.defaults?.(result) ?? result

      function changedScale(): KubeObject {
        const scale: JsonValue =
          info.verb === 'patch'
            ? patched(PATCHES[media] ?? 'merge', before, parsePatch(body), kind, resource.version)
            : parseBody(body, bodyFormat(message.headers['content-type'], undefined), 'Scale').value
        if (!isObject(scale)) throw badRequest('the body of the request must be a Scale')
        const { metadata, ...rest } = scale
        return {
          ...rest,
          apiVersion: 'autoscaling/v1',
          kind: 'Scale',
          metadata: isObject(metadata) ? metadata : {},
        } as unknown as KubeObject
      }
    }),
  )
  return json(200, scaleOf(kind, stored.object))
}

/** The kind of the subresource, for field management alone. */
const SCALE: Kind = {
  group: 'autoscaling',
  kind: 'Scale',
  plural: 'scales',
  singular: 'scale',
  shortNames: [],
  categories: [],
  namespaced: true,
  versions: [{ version: 'v1' }],
  storageVersion: 'v1',
  subresources: [],
  nameRule: 'dns1123Subdomain',
  strategy: {},
}

function appliedScale(body: Buffer): JsonObject {
  const applied = parseApplied(body)
  if (!isObject(applied)) throw badRequest('error decoding YAML: the body of the request must be a Scale')
  return applied
}

function checkReplicas(name: string, replicas: unknown): void {
  if (typeof replicas !== 'number' || !Number.isInteger(replicas))
    throw badRequest(
      `Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal ${typeof replicas} into Go struct field ScaleSpec.spec.replicas of type int32`,
    )
  if (replicas < 0)
    throw invalidObject({ group: 'autoscaling', kind: 'Scale' }, name, [
      invalid('spec.replicas', replicas, 'must be greater than or equal to 0'),
    ])
}

/** The Scale of an object. */
export function scaleOf(kind: Kind, object: KubeObject): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const replicas = at(object, kind.scale?.specReplicas ?? 'spec.replicas')
  const current = at(object, kind.scale?.statusReplicas ?? 'status.replicas')
  const selector = kind.scale?.selector(object)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid: uid ?? '',
      resourceVersion: resourceVersion ?? '',
      creationTimestamp: creationTimestamp ?? null,
    },
    spec: typeof replicas === 'number' && replicas !== 0 ? { replicas } : {},
    status: {
      replicas: typeof current === 'number' ? current : 0,
      ...(selector === undefined || selector === '' ? {} : { selector }),
    },
  }
}

function at(object: KubeObject, path: string): JsonValue | undefined {
  let value = object as unknown as JsonValue | undefined
  for (const step of steps(path)) value = isObject(value) ? value[step] : undefined
  return value
}

function withAt(object: KubeObject, path: readonly string[], value: JsonValue): KubeObject {
  const set = (target: JsonValue | undefined, [step, ...rest]: readonly string[]): JsonValue => {
    if (step === undefined) return value
    const map = isObject(target) ? target : {}
    return { ...map, [step]: set(map[step], rest) }
  }
  return set(object as unknown as JsonObject, path) as unknown as KubeObject
}

function steps(path: string): readonly string[] {
  return path.split('.').filter(step => step !== '')
}
