import type { JsonObject, JsonValue } from '../../manifest/json.ts'
import { builtinSchemas, descriptionOf } from '../../manifest/schema/builtin.ts'
import type { Schema } from '../../manifest/schema/schema.ts'

export const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'
export const LIST_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta'
export const DELETE_OPTIONS = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions'
export const STATUS = 'io.k8s.apimachinery.pkg.apis.meta.v1.Status'

/** Where a document keeps its definitions: OpenAPI v3 and v2 differ in that, and in what may stand beside a `$ref`. */
export interface SchemaStyle {
  readonly prefix: string
  readonly wrapReferences: boolean
}

export const V3: SchemaStyle = { prefix: '#/components/schemas/', wrapReferences: true }
export const V2: SchemaStyle = { prefix: '#/definitions/', wrapReferences: false }

/** Writes built-in definitions as OpenAPI schemas, with everything that they refer to. */
export function builtinDefinitions(roots: Iterable<string>, style: SchemaStyle): Record<string, JsonObject> {
  const { definitions } = builtinSchemas()
  const result: Record<string, JsonObject> = {}
  const pending = [...roots]
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const schema = definitions.get(name)
    if (schema === undefined || result[name] !== undefined) continue
    const definition = name
    const body = inline(schema, style, pending, field => descriptionOf(definition, field))
    const description = descriptionOf(name)
    result[name] = description === undefined ? body : { description, ...body }
  }
  return result
}

/** A use of a schema: a reference where it has a name, itself otherwise. */
function use(schema: Schema, style: SchemaStyle, pending: string[], description: string | undefined): JsonObject {
  const { name } = schema
  const described = description === undefined ? {} : { description }
  if (name === undefined || !builtinSchemas().definitions.has(name))
    return { ...described, ...inline(schema, style, pending, () => undefined) }
  pending.push(name)
  const reference = { $ref: `${style.prefix}${name}` }
  const extensions = extensionsOf(schema)
  if (!style.wrapReferences) return { ...described, ...reference, ...extensions }
  if (description === undefined && Object.keys(extensions).length === 0 && schema.default === undefined)
    return reference
  return {
    ...described,
    ...(schema.default === undefined ? {} : { default: schema.default }),
    allOf: [reference],
    ...extensions,
  }
}

function inline(
  schema: Schema,
  style: SchemaStyle,
  pending: string[],
  describe: (field: string) => string | undefined,
): JsonObject {
  const { properties, items, additionalProperties } = schema
  const fields: Record<string, JsonValue> = {}
  for (const field in properties) fields[field] = use(properties[field]!, style, pending, describe(field))
  return {
    ...(schema.oneOf === undefined || !style.wrapReferences ? {} : { oneOf: schema.oneOf.map(type => ({ type })) }),
    ...(schema.oneOf !== undefined && !style.wrapReferences ? { type: 'string' } : {}),
    ...(schema.type === undefined ? {} : { type: schema.type }),
    ...(schema.format === undefined ? {} : { format: schema.format }),
    ...(schema.default === undefined || !style.wrapReferences ? {} : { default: schema.default }),
    ...(schema.enum === undefined ? {} : { enum: schema.enum }),
    ...(schema.required === undefined ? {} : { required: schema.required }),
    ...(properties === undefined ? {} : { properties: fields }),
    ...(items === undefined ? {} : { items: use(items, style, pending, undefined) }),
    ...(typeof additionalProperties === 'object'
      ? { additionalProperties: use(additionalProperties, style, pending, undefined) }
      : {}),
    ...extensionsOf(schema),
  }
}

function extensionsOf(schema: Schema): JsonObject {
  const { listType, listMapKeys, mapType, patchStrategy, patchMergeKey } = schema
  return {
    ...(listType === undefined ? {} : { 'x-kubernetes-list-type': listType }),
    ...(listMapKeys === undefined ? {} : { 'x-kubernetes-list-map-keys': listMapKeys }),
    ...(mapType === undefined ? {} : { 'x-kubernetes-map-type': mapType }),
    ...(patchStrategy === undefined ? {} : { 'x-kubernetes-patch-strategy': patchStrategy }),
    ...(patchMergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': patchMergeKey }),
  }
}
