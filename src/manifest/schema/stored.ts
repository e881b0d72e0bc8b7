import type { GroupVersionKind } from '../object.ts'
import type { Schema } from './schema.ts'

/** A schema as it is stored: references by name instead of the schema itself. */
export interface StoredSchema
  extends Omit<Schema, 'properties' | 'items' | 'additionalProperties' | 'name' | 'checks'> {
  readonly ref?: string
  readonly properties?: Readonly<Record<string, StoredSchema>>
  readonly items?: StoredSchema
  readonly additionalProperties?: StoredSchema | boolean
  /** The kinds that the definition is the type of: `[group, version, kind]`. */
  readonly kinds?: readonly (readonly [string, string, string])[]
}

/** One line of discovery, as `APIResource` has it; subresources have names like `deployments/scale`. */
export interface StoredResource {
  readonly name: string
  readonly singularName: string
  readonly namespaced: boolean
  readonly kind: string
  readonly group?: string
  readonly version?: string
  readonly verbs: readonly string[]
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly storageVersionHash?: string
}

/** The file that `tools/generate-schemas.ts` writes. */
export interface StoredSchemas {
  /** Of the server it was read from: `v1.34.4`. */
  readonly version: string
  readonly definitions: Readonly<Record<string, StoredSchema>>
  /** By `v1`, `apps/v1`, …, in the server's order of groups and versions. */
  readonly resources: Readonly<Record<string, readonly StoredResource[]>>
}

/** By definition, then by field; the empty field is the definition itself. */
export type StoredDescriptions = Readonly<Record<string, Readonly<Record<string, string>>>>

/** Turns stored definitions into schemas that point at each other. */
export function linkDefinitions(stored: StoredSchemas['definitions']): ReadonlyMap<string, Schema> {
  const linked = new Map<string, Record<string, unknown>>()
  const variants = new Map<string, Schema>()
  const link = (schema: StoredSchema): Schema => {
    const { ref, properties, items, additionalProperties, kinds, ...own } = schema
    if (ref !== undefined) {
      const target = definition(ref)
      if (Object.keys(own).length === 0) return target
      // One object per way of use, so that what is compiled from it is compiled once.
      const use = `${ref} ${JSON.stringify(own)}`
      const variant = variants.get(use) ?? { ...target, ...own }
      variants.set(use, variant)
      return variant
    }
    return Object.assign(own, {
      ...(properties === undefined ? {} : { properties: mapValues(properties, link) }),
      ...(items === undefined ? {} : { items: link(items) }),
      ...(additionalProperties === undefined
        ? {}
        : {
            additionalProperties:
              typeof additionalProperties === 'object' ? link(additionalProperties) : additionalProperties,
          }),
    })
  }
  const definition = (name: string): Schema => {
    const known = linked.get(name)
    if (known !== undefined) return known as Schema
    const source = stored[name]
    if (source === undefined) return {}
    const { properties, items, additionalProperties, kinds, ...own } = source
    // Filled below: a type that contains itself finds this very object, with its final `properties`, already in the map.
    const fields: Record<string, Schema> = {}
    const schema: Record<string, unknown> = {
      name,
      ...own,
      ...(properties === undefined ? {} : { properties: fields }),
    }
    linked.set(name, schema)
    for (const [field, type] of Object.entries(properties ?? {})) fields[field] = link(type)
    if (items !== undefined) schema['items'] = link(items)
    if (additionalProperties !== undefined) {
      schema['additionalProperties'] =
        typeof additionalProperties === 'object' ? link(additionalProperties) : additionalProperties
    }
    return schema as Schema
  }
  for (const name of Object.keys(stored)) definition(name)
  return linked as ReadonlyMap<string, Schema>
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}

/** Every kind that the definitions name, with the definition. */
export function kindsOf(
  stored: StoredSchemas['definitions'],
): readonly { gvk: GroupVersionKind; definition: string }[] {
  return Object.entries(stored).flatMap(([definition, { kinds = [] }]) =>
    kinds.map(([group, version, kind]) => ({ gvk: { group, version, kind }, definition })),
  )
}
