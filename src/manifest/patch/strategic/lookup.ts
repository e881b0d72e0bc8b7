import { goQuote } from '../../go-text.ts'
import { isObject, type JsonValue } from '../../json.ts'
import { type Schema, strategiesOf } from '../../schema/schema.ts'
import { PatchError } from '../failure.ts'

/** How a strategic merge patch treats a field. */
export interface FieldStrategy {
  /** The type of the field; of its items for a list. */
  readonly schema: Schema | undefined
  /** `merge`, `replace`, or empty where the field says nothing. */
  readonly strategy: string
  readonly retainKeys: boolean
  readonly mergeKey: string
}

/** The directives that a strategic merge patch may hold besides fields. */
export const directive = {
  patch: '$patch',
  retainKeys: '$retainKeys',
  deleteFromList: '$deleteFromPrimitiveList',
  elementOrder: '$setElementOrder',
} as const

/** The strategy of a field that holds an object. Fails for fields that the type does not have. */
export function structStrategy(schema: Schema | undefined, field: string): FieldStrategy {
  return strategyOf(fieldSchema(schema, field))
}

/** The strategy of a field that holds a list, with the type of the items. */
export function listStrategy(schema: Schema | undefined, field: string): FieldStrategy {
  const list = fieldSchema(schema, field)
  if (list.type !== 'array') throw new PatchError(500, `expected slice or array type, but got: ${goKind(list)}`)
  return { ...strategyOf(list), schema: list.items }
}

function strategyOf(schema: Schema): FieldStrategy {
  const strategies = strategiesOf(schema)
  const retainKeys = strategies.includes(directive.retainKeys.slice(1))
  const strategy = strategies.find(name => name !== directive.retainKeys.slice(1)) ?? ''
  return { schema, strategy, retainKeys, mergeKey: schema.patchMergeKey ?? '' }
}

function fieldSchema(schema: Schema | undefined, field: string): Schema {
  if (schema?.properties === undefined) {
    throw new PatchError(500, `merging an object in json but data type is not struct, instead is: ${goKind(schema)}`)
  }
  const found = schema.properties[field]
  if (found !== undefined && Object.hasOwn(schema.properties, field)) return found
  const name = schema.name?.slice(schema.name.lastIndexOf('.') + 1) ?? ''
  throw new PatchError(500, `unable to find api field in struct ${name} for the json field ${goQuote(field)}`)
}

function goKind(schema: Schema | undefined): string {
  if (schema?.properties !== undefined) return 'struct'
  if (schema?.type === 'object') return 'map'
  return schema?.type === 'array' ? 'slice' : (schema?.type ?? 'interface')
}

/** The Go type of a decoded value, for messages. */
export function goTypeOf(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return '%!s(<nil>)'
  if (Array.isArray(value)) return '[]interface {}'
  if (isObject(value)) return 'map[string]interface {}'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'bool'
  return Number.isInteger(Number(value)) ? 'int64' : 'float64'
}

export function badType(expected: 'map' | 'list', actual: JsonValue | undefined): PatchError {
  const type = expected === 'map' ? 'map[string]interface {}' : '[]interface {}'
  return new PatchError(500, `expected a ${type}, but received a ${goTypeOf(actual)}`)
}
