import type { JsonValue } from '../json.ts'
import type { Schema } from '../schema/schema.ts'

/**
 * How values of a type merge: what remains of a schema when only ownership matters. A type without a fixed shape has
 * several of `map`, `list` and `scalar`; the value then decides.
 */
export interface MergeType {
  readonly scalar: 'string' | 'numeric' | 'boolean' | 'untyped' | undefined
  readonly list: ListType | undefined
  readonly map: MapType | undefined
}

export interface ListType {
  /** Atomic lists are owned and replaced as a whole. */
  readonly atomic: boolean
  /** The fields that tell items apart; empty for sets of scalars and for atomic lists. */
  readonly keys: readonly string[]
  readonly element: MergeType
}

export interface MapType {
  readonly atomic: boolean
  readonly fields: ReadonlyMap<string, StructField>
  /** The type of fields that are not declared; undefined where there may be none. */
  readonly element: MergeType | undefined
}

export interface StructField {
  readonly type: MergeType
  readonly default: JsonValue | undefined
}

const noFields: ReadonlyMap<string, StructField> = new Map()

const atomicAnything = anything(true)

/** The type of what no schema describes: maps merge by key, lists are atomic. */
export const deducedType: MergeType = anything(false)

function anything(atomic: boolean): MergeType {
  const type: Mutable = { scalar: 'untyped', list: undefined, map: undefined }
  type.list = { atomic: true, keys: [], element: atomic ? type : atomicAnything }
  type.map = { atomic, fields: noFields, element: type }
  return type
}

/** What a kind leaves to others to read: owned as a whole. */
const rawExtension = 'io.k8s.apimachinery.pkg.runtime.RawExtension'

interface Mutable {
  scalar: MergeType['scalar']
  list: ListType | undefined
  map: MapType | undefined
}

const compiled = [new WeakMap<Schema, MergeType>(), new WeakMap<Schema, MergeType>()] as const

/** The merge type of a schema; made once per schema. `preserve`: fields that are not declared are kept. */
export function mergeTypeOf(schema: Schema, preserve = false): MergeType {
  if (schema.name === rawExtension) return atomicAnything
  const inherited = preserve || schema.preserveUnknownFields === true
  const known = compiled[inherited ? 1 : 0].get(schema)
  if (known !== undefined) return known
  const type: Mutable = { scalar: undefined, list: undefined, map: undefined }
  compiled[inherited ? 1 : 0].set(schema, type)
  if (schema.type === undefined) type.scalar = 'untyped'
  else if (schema.type === 'string')
    type.scalar = schema.format === undefined || schema.format === 'byte' ? 'string' : 'untyped'
  else if (schema.type === 'boolean') type.scalar = 'boolean'
  else if (schema.type === 'integer' || schema.type === 'number') type.scalar = 'numeric'
  if (schema.type === undefined || schema.type === 'array') type.list = listType(schema, inherited)
  if (schema.type === undefined || schema.type === 'object') type.map = mapType(schema, inherited)
  return type
}

function listType(schema: Schema, preserve: boolean): ListType {
  const element = schema.items === undefined ? deducedType : mergeTypeOf(schema.items, preserve)
  return { ...relationship(schema), element }
}

function relationship(schema: Schema): Pick<ListType, 'atomic' | 'keys'> {
  const { listType, listMapKeys = [], patchStrategy, patchMergeKey } = schema
  if (listType === 'map') return { atomic: false, keys: listMapKeys }
  if (listType === 'set') return { atomic: false, keys: [] }
  if (listType === undefined && (patchStrategy === 'merge' || patchStrategy === 'merge,retainKeys')) {
    return { atomic: false, keys: patchMergeKey === undefined ? [] : [patchMergeKey] }
  }
  return { atomic: true, keys: [] }
}

function mapType(schema: Schema, preserve: boolean): MapType {
  const { properties, additionalProperties } = schema
  const fields = new Map<string, StructField>()
  for (const name in properties) {
    const field = properties[name]!
    fields.set(name, { type: mergeTypeOf(field, preserve), default: field.default })
  }
  return { atomic: schema.mapType === 'atomic', fields, element: elementType() }

  function elementType(): MergeType | undefined {
    if (typeof additionalProperties === 'object') return mergeTypeOf(additionalProperties, preserve)
    if (additionalProperties !== undefined) return additionalProperties ? deducedType : undefined
    return preserve || fields.size === 0 ? deducedType : undefined
  }
}

/** The type of a map's field. */
export function fieldType(map: MapType, name: string): MergeType | undefined {
  return map.fields.get(name)?.type ?? map.element
}
