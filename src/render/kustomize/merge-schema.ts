import { isArray, isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import { mergeKinds, mergeTypes } from './generated/merge-schema.ts'

/** What a strategic merge has to know about one place in an object. */
export interface MergeSchema {
  /** Undefined where the schema does not know the field. */
  field(name: string): MergeSchema | undefined
  /** Schema of the items of a list. */
  items(): MergeSchema | undefined
  /** Merge keys of a list that merges (none: a list of scalars); undefined where a patch replaces the list. */
  readonly keys: readonly string[] | undefined
}

/** A place that is known and has no merging list in or below it. */
const plain: MergeSchema = { field: () => plain, items: () => plain, keys: undefined }

/** Schemas of the kinds of a build: Kubernetes' own, or the ones of `openapi.path`. */
export type MergeSchemas = (apiVersion: string, kind: string) => MergeSchema | undefined

/** The schemas that kustomize has built in (Kubernetes 1.21). */
export const builtinSchemas: MergeSchemas = (apiVersion, kind) => {
  const kinds = Object.hasOwn(mergeKinds, apiVersion) ? mergeKinds[apiVersion] : undefined
  const type = kinds !== undefined && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
  return type === undefined ? undefined : builtinType(type)
}

function builtinType(type: string | undefined): MergeSchema {
  const fields = type === undefined ? undefined : mergeTypes[type]
  if (fields === undefined) return plain
  return {
    keys: undefined,
    items: () => undefined,
    field: name => {
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined
      if (field === undefined) return plain
      if (field.type !== undefined) return builtinType(field.type)
      return { keys: field.keys, field: () => undefined, items: () => builtinType(field.of) }
    },
  }
}

/** Schemas of an OpenAPI document (`definitions` with `x-kubernetes-group-version-kind`). */
export function documentSchemas(document: JsonValue): MergeSchemas {
  const definitions = isObject(document) && isObject(document['definitions']) ? document['definitions'] : {}
  const kinds = new Map<string, JsonObject>()
  for (const definition of Object.values(definitions)) {
    if (!isObject(definition)) continue
    const list = definition['x-kubernetes-group-version-kind']
    for (const entry of isArray(list) ? list : []) {
      if (!isObject(entry)) continue
      const { group, version, kind } = entry
      const apiVersion = typeof group === 'string' && group !== '' ? `${group}/${String(version)}` : String(version)
      kinds.set(`${apiVersion} ${String(kind)}`, definition)
    }
  }
  return (apiVersion, kind) => {
    const definition = kinds.get(`${apiVersion} ${kind}`)
    return definition === undefined ? undefined : documentSchema(definition, definitions)
  }
}

function documentSchema(schema: JsonObject, definitions: JsonObject): MergeSchema {
  const resolve = (value: JsonValue | undefined): MergeSchema | undefined => {
    let current = value
    for (let depth = 0; depth < 20; depth++) {
      if (!isObject(current)) return undefined
      const ref = current['$ref']
      if (typeof ref !== 'string') return documentSchema(current, definitions)
      const name = ref.replace(/^#\/definitions\//, '')
      current = Object.hasOwn(definitions, name) ? definitions[name] : undefined
    }
    return undefined
  }
  return {
    keys: documentKeys(schema),
    field: name => {
      const properties = schema['properties']
      const property = isObject(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined
      return resolve(property ?? schema['additionalProperties'])
    },
    items: () => (schema['type'] === 'array' ? resolve(schema['items']) : undefined),
  }
}

function documentKeys(schema: JsonObject): readonly string[] | undefined {
  const strategy = schema['x-kubernetes-patch-strategy']
  if (typeof strategy !== 'string' || !strategy.split(',').includes('merge')) return undefined
  const list = schema['x-kubernetes-list-map-keys']
  if (isArray(list)) return list.filter(key => typeof key === 'string')
  const key = schema['x-kubernetes-patch-merge-key']
  return typeof key === 'string' ? [key] : []
}
