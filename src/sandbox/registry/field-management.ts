import { applyConfiguration, updateManagedFields } from '../../manifest/fields/field-manager.ts'
import { type FieldSet, fieldSetOf } from '../../manifest/fields/field-set.ts'
import type { VersionedKind } from '../../manifest/fields/versions.ts'
import type { JsonObject } from '../../manifest/json.ts'
import { apiVersionOf, type KubeObject, parseApiVersion } from '../../manifest/object.ts'
import { schemaFor } from '../../manifest/schema/builtin.ts'
import type { Schema } from '../../manifest/schema/schema.ts'
import { timestamp } from '../clock.ts'
import type { Kind, KindVersion } from '../kind.ts'
import { StatusError } from '../status.ts'
import { fromStorage, toStorage } from './convert.ts'
import { withoutEmpty } from './decode.ts'

export interface FieldUpdate {
  readonly kind: Kind
  readonly version: KindVersion
  readonly subresource: string
  readonly manager: string
  readonly now: number
}

/**
 * Who owns which field. Objects are in the storage version and come back defaulted. `update` is what a create or a
 * non-apply update does to `metadata.managedFields`; `apply` merges an applied configuration into the live object and
 * throws the Conflict of the server when others own what it wants to change.
 */
export interface FieldManagement {
  update(live: KubeObject | undefined, object: KubeObject, options: FieldUpdate): KubeObject
  apply(
    live: KubeObject | undefined,
    applied: JsonObject,
    options: FieldUpdate & { readonly force: boolean },
  ): KubeObject
}

/** Field management by the schemas of the kinds. */
export function createFieldManagement(): FieldManagement {
  const known = new WeakMap<Kind, Map<string, VersionedKind>>()

  function versioned(kind: Kind, subresource: string): VersionedKind {
    const bySubresource = known.get(kind) ?? new Map<string, VersionedKind>()
    known.set(kind, bySubresource)
    const found = bySubresource.get(subresource) ?? versionedKind(kind, subresource)
    bySubresource.set(subresource, found)
    return found
  }

  return {
    update(live, object, { kind, version, subresource, manager, now }) {
      const next = kind.strategy.defaults?.(object) ?? object
      const managed = updateManagedFields({
        kind: versioned(kind, subresource),
        live: live === undefined ? undefined : fromStorage(kind, version, live),
        next: fromStorage(kind, version, next),
        manager,
        now: timestamp(now),
        ...(subresource === '' ? {} : { subresource }),
      })
      return withManagedFields(next, managed.metadata.managedFields)
    },
    apply(live, applied, { kind, version, subresource, manager, now, force }) {
      const result = applyConfiguration({
        kind: versioned(kind, subresource),
        live: live === undefined ? undefined : fromStorage(kind, version, live),
        config: applied as unknown as KubeObject,
        manager,
        now: timestamp(now),
        force,
        ...(subresource === '' ? {} : { subresource }),
      })
      if (result.status === 'conflict')
        throw new StatusError({
          code: 409,
          reason: 'Conflict',
          message: result.message,
          details: { causes: result.causes as never },
        })
      if (result.status === 'invalid')
        throw new StatusError({
          code: result.code,
          reason: result.code === 400 ? 'BadRequest' : '',
          message: result.message,
        })
      const merged = result.object
      const metadata = withoutEmpty(merged.metadata as unknown as JsonObject) as unknown as KubeObject['metadata']
      const tidy = { ...merged, metadata }
      const shaped = version.shape?.defaults(tidy) ?? tidy
      const stored = toStorage(kind, version, shaped)
      return kind.strategy.defaults?.(stored) ?? stored
    },
  }
}

function withManagedFields(object: KubeObject, managedFields: KubeObject['metadata']['managedFields']): KubeObject {
  const { managedFields: _before, ...metadata } = object.metadata
  return { ...object, metadata: managedFields === undefined ? metadata : { ...metadata, managedFields } }
}

function versionedKind(kind: Kind, subresource: string): VersionedKind {
  const ignored = ignoredFields(kind, subresource)
  return {
    schemaAt: apiVersion => schemaOf(kind, apiVersion),
    convert(object, apiVersion) {
      const from = versionNamed(kind, object.apiVersion)
      const to = versionNamed(kind, apiVersion)
      if (from === undefined || to === undefined) return { ...object, apiVersion }
      return { ...fromStorage(kind, to, toStorage(kind, from, object)), apiVersion }
    },
    ignoredAt: () => ignored,
  }
}

function versionNamed(kind: Kind, apiVersion: string): KindVersion | undefined {
  return kind.versions.find(one => apiVersionOf({ group: kind.group, version: one.version }) === apiVersion)
}

function schemaOf(kind: Kind, apiVersion: string): Schema | undefined {
  const own = versionNamed(kind, apiVersion)
  if (kind.custom === true) return own?.shape?.fields
  return schemaFor({ ...parseApiVersion(apiVersion), kind: kind.kind })
}

function ignoredFields(kind: Kind, subresource: string): FieldSet | undefined {
  if (subresource === 'status') return fieldSetOf('spec', ...(kind.strategy.resetStatusFields ?? []))
  if (!kind.subresources.includes('status')) return undefined
  return fieldSetOf('status', ...(kind.strategy.resetFields ?? []))
}
