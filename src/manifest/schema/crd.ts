import type { JsonObject, JsonValue } from '../json.ts'
import { isArray, isObject } from '../json.ts'
import { builtinSchemas } from './builtin.ts'
import type { Schema, SchemaChecks, SchemaType, ValidationRule } from './schema.ts'

const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

/**
 * The schema of one version of a CRD, with `apiVersion`, `kind` and `metadata` as every object has them. Undefined where
 * the CRD has no such version. A version without a schema allows any field.
 */
export function schemaFromCrd(crd: { readonly [field: string]: unknown }, version: string): Schema | undefined {
  const spec = objectAt(crd as JsonObject, 'spec')
  const versions = isArray(spec['versions']) ? spec['versions'] : []
  const found = versions.filter(isObject).find(entry => entry['name'] === version)
  if (found === undefined) return undefined
  const source = objectAt(found, 'schema')['openAPIV3Schema']
  const root = isObject(source)
    ? schemaFromOpenApi(source)
    : ({ type: 'object', preserveUnknownFields: true } as Schema)
  const preserve = spec['preserveUnknownFields'] === true ? { preserveUnknownFields: true } : {}
  return withObjectFields({ ...root, ...preserve })
}

/** One `JSONSchemaProps` as a schema. Value checks that declare no fields go to `checks`. */
export function schemaFromOpenApi(source: JsonObject): Schema {
  const schema = defined({
    type: source['type'] as SchemaType | undefined,
    format: source['format'] as string | undefined,
    properties: schemasAt(source, 'properties'),
    required: source['required'] as readonly string[] | undefined,
    additionalProperties: subschema(source['additionalProperties']),
    items: isObject(source['items']) ? schemaFromOpenApi(source['items']) : undefined,
    default: source['default'],
    enum: source['enum'] as readonly JsonValue[] | undefined,
    nullable: flag(source['nullable']),
    listType: source['x-kubernetes-list-type'] as Schema['listType'],
    listMapKeys: source['x-kubernetes-list-map-keys'] as readonly string[] | undefined,
    mapType: source['x-kubernetes-map-type'] as Schema['mapType'],
    preserveUnknownFields: flag(source['x-kubernetes-preserve-unknown-fields']),
    embeddedResource: flag(source['x-kubernetes-embedded-resource']),
    intOrString: flag(source['x-kubernetes-int-or-string']),
    description: source['description'] as string | undefined,
    checks: checksOf(source),
  }) as Schema
  return schema.embeddedResource ? withObjectFields(schema) : schema
}

function withObjectFields(schema: Schema): Schema {
  const text: Schema = { type: 'string' }
  const metadata = builtinSchemas().definitions.get(objectMeta) ?? {}
  return {
    ...schema,
    type: 'object',
    properties: { ...schema.properties, apiVersion: text, kind: text, metadata },
  }
}

const checkNames = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
] as const

function checksOf(source: JsonObject): SchemaChecks | undefined {
  const checks: Record<string, unknown> = {}
  for (const name of checkNames) if (source[name] !== undefined) checks[name] = source[name]
  for (const name of ['allOf', 'anyOf', 'oneOf'] as const) {
    const list = source[name]
    if (isArray(list)) checks[name] = list.filter(isObject).map(schemaFromOpenApi)
  }
  if (isObject(source['not'])) checks['not'] = schemaFromOpenApi(source['not'])
  const rules = source['x-kubernetes-validations']
  if (isArray(rules)) checks['rules'] = rules as unknown as readonly ValidationRule[]
  return Object.keys(checks).length === 0 ? undefined : (checks as SchemaChecks)
}

function schemasAt(source: JsonObject, field: string): Readonly<Record<string, Schema>> | undefined {
  const fields = source[field]
  if (!isObject(fields)) return undefined
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (isObject(value) ? [[name, schemaFromOpenApi(value)]] : [])),
  )
}

function subschema(value: JsonValue | undefined): Schema | boolean | undefined {
  if (isObject(value)) return schemaFromOpenApi(value)
  return typeof value === 'boolean' ? value : undefined
}

function flag(value: JsonValue | undefined): boolean | undefined {
  return value === true ? true : undefined
}

function objectAt(source: JsonObject, field: string): JsonObject {
  const value = source[field]
  return isObject(value) ? value : {}
}

function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
