import type { JsonObject, JsonValue } from '../../manifest/json.ts'
import { apiVersionOf } from '../../manifest/object.ts'
import { schemaFor } from '../../manifest/schema/builtin.ts'
import { kindsIn, verbsOf } from '../discovery/groups.ts'
import { VERSION } from '../http/version.ts'
import type { Kind } from '../kind.ts'
import type { Catalog } from '../registry/catalog.ts'
import {
  builtinDefinitions,
  DELETE_OPTIONS,
  LIST_META,
  OBJECT_META,
  type SchemaStyle,
  STATUS,
  V2,
  V3,
} from './schemas.ts'

const INFO = { title: 'Kubernetes', version: String(VERSION['gitVersion']) }

/** The OpenAPI v3 document of one group version. */
export function documentV3(catalog: Catalog, group: string, version: string): JsonObject {
  const kinds = kindsIn(catalog, group, version)
  const paths: Record<string, JsonValue> = {}
  for (const kind of kinds) Object.assign(paths, pathsOf(kind, group, version, V3))
  return { openapi: '3.0.0', info: INFO, paths, components: { schemas: definitionsOf(kinds, version, V3) } }
}

/** The OpenAPI v2 document of everything that is served. */
export function documentV2(catalog: Catalog): JsonObject {
  const paths: Record<string, JsonValue> = {}
  const definitions: Record<string, JsonValue> = {}
  for (const kind of catalog.kinds())
    for (const { version } of kind.versions) {
      Object.assign(paths, pathsOf(kind, kind.group, version, V2))
      Object.assign(definitions, definitionsOf([kind], version, V2))
    }
  return { swagger: '2.0', info: INFO, paths, definitions }
}

function definitionsOf(kinds: readonly Kind[], version: string, style: SchemaStyle): JsonObject {
  const roots = new Set([OBJECT_META, LIST_META, DELETE_OPTIONS, STATUS])
  const own: Record<string, JsonObject> = {}
  for (const kind of kinds) {
    const name = definitionName(kind, version)
    const shape = kind.versions.find(one => one.version === version)?.shape
    if (shape === undefined) roots.add(name)
    else own[name] = customDefinition(shape.openapi, style)
  }
  const definitions = { ...builtinDefinitions(roots, style), ...own }
  for (const kind of kinds) {
    const name = definitionName(kind, version)
    const definition = definitions[name]
    if (definition === undefined) continue
    const gvk = { group: kind.group, version, kind: kind.kind }
    definitions[name] = { ...definition, 'x-kubernetes-group-version-kind': [gvk] }
    if (verbsOf(kind).includes('list')) definitions[`${name}List`] = listDefinition(kind, name, version, style)
  }
  return definitions
}

function listDefinition(kind: Kind, name: string, version: string, style: SchemaStyle): JsonObject {
  return {
    description: `A list of ${kind.kind} objects.`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: { type: 'string' },
      items: { type: 'array', items: { $ref: `${style.prefix}${name}` } },
      kind: { type: 'string' },
      metadata: { $ref: `${style.prefix}${LIST_META}` },
    },
    'x-kubernetes-group-version-kind': [{ group: kind.group, version, kind: kind.listKind ?? `${kind.kind}List` }],
  }
}

/** A custom resource's schema with the fields that every object has. */
function customDefinition(schema: JsonObject, style: SchemaStyle): JsonObject {
  const properties = (schema['properties'] ?? {}) as JsonObject
  const text = (what: string) => ({ description: what, type: 'string' })
  return {
    ...schema,
    properties: {
      ...properties,
      apiVersion: text('Group and version of the object.'),
      kind: text('What the object is.'),
      metadata: { $ref: `${style.prefix}${OBJECT_META}` },
    },
  }
}

/** `io.k8s.api.apps.v1.Deployment`; for custom resources `com.example.v1.Widget`. */
function definitionName(kind: Kind, version: string): string {
  const known = kind.custom === true ? undefined : schemaFor({ group: kind.group, version, kind: kind.kind })?.name
  return known ?? [...kind.group.split('.').reverse(), version, kind.kind].filter(part => part !== '').join('.')
}

const BODIES: Readonly<Record<string, readonly string[]>> = {
  post: ['application/json', 'application/yaml'],
  put: ['application/json', 'application/yaml'],
  patch: [
    'application/apply-patch+yaml',
    'application/json-patch+json',
    'application/merge-patch+json',
    'application/strategic-merge-patch+json',
  ],
  delete: ['application/json'],
}

function pathsOf(kind: Kind, group: string, version: string, style: SchemaStyle): JsonObject {
  const root = `${group === '' ? '/api' : '/apis'}/${apiVersionOf({ group, version })}`
  const verbs = new Set(verbsOf(kind))
  const gvk = { group, version, kind: kind.kind }
  const operation = (action: string, method: string, ...parameters: readonly string[]): JsonObject => ({
    operationId: `${method}${[group || 'core', version, kind.kind].map(capital).join('')}${action === 'list' || action === 'deletecollection' ? 'Collection' : ''}`,
    ...(style === V3
      ? { parameters: parameters.map(v3Parameter) }
      : {
          parameters: parameters.map(v2Parameter),
          consumes: BODIES[method] ?? ['*/*'],
          produces: ['application/json'],
        }),
    ...(style === V3 && BODIES[method] !== undefined
      ? { requestBody: { content: Object.fromEntries(BODIES[method].map(type => [type, {}])) } }
      : {}),
    responses: { 200: { description: 'OK' }, 401: { description: 'Unauthorized' } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk,
  })
  const write = ['dryRun', 'fieldManager', 'fieldValidation']
  const collection: JsonObject = {
    ...(verbs.has('list')
      ? { get: operation('list', 'get', 'labelSelector', 'fieldSelector', 'limit', 'continue', 'watch') }
      : {}),
    ...(verbs.has('create') ? { post: operation('post', 'post', ...write) } : {}),
    ...(verbs.has('deletecollection') ? { delete: operation('deletecollection', 'delete', 'dryRun') } : {}),
  }
  const item: JsonObject = {
    ...(verbs.has('get') ? { get: operation('get', 'get') } : {}),
    ...(verbs.has('update') ? { put: operation('put', 'put', ...write) } : {}),
    ...(verbs.has('patch') ? { patch: operation('patch', 'patch', ...write, 'force') } : {}),
    ...(verbs.has('delete') ? { delete: operation('delete', 'delete', 'dryRun', 'propagationPolicy') } : {}),
  }
  const base = kind.namespaced ? `${root}/namespaces/{namespace}/${kind.plural}` : `${root}/${kind.plural}`
  return { [base]: collection, ...(Object.keys(item).length === 0 ? {} : { [`${base}/{name}`]: item }) }
}

function v3Parameter(name: string): JsonObject {
  return { name, in: 'query', schema: { type: typeOf(name), uniqueItems: true } }
}

function v2Parameter(name: string): JsonObject {
  return { name, in: 'query', type: typeOf(name), uniqueItems: true }
}

function typeOf(name: string): string {
  return name === 'force' || name === 'watch' ? 'boolean' : name === 'limit' ? 'integer' : 'string'
}

function capital(text: string): string {
  return (
    text.slice(0, 1).toUpperCase() + text.slice(1).replace(/[.-](.)/g, (_all, letter: string) => letter.toUpperCase())
  )
}
