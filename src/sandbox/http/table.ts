import type { JsonObject, JsonValue } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { descriptionOf } from '../../manifest/schema/builtin.ts'
import type { Column, Kind } from '../kind.ts'
import { OBJECT_META } from '../openapi/schemas.ts'
import { age } from '../table.ts'

const NAME: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  cell: object => object.metadata.name,
}
const CREATED: Column = {
  name: 'Created At',
  type: 'date',
  cell: object => object.metadata.creationTimestamp ?? null,
}
const AGE: Column = {
  name: 'Age',
  type: 'date',
  cell: (object, now) => age(object.metadata.creationTimestamp, now),
}

/** The columns of a kind, with the defaults of kinds that have none. */
export function columnsOf(kind: Kind, version: string): readonly Column[] {
  const own = kind.versions.find(one => one.version === version)?.columns
  if (own !== undefined) return own
  if (kind.columns !== undefined && kind.columns.length > 0) return kind.columns
  return kind.custom === true ? [NAME, AGE] : [NAME, CREATED]
}

/** `includeObject`: how much of each object comes with its row. */
export type IncludeObject = 'None' | 'Metadata' | 'Object'

/** A `meta.k8s.io` Table of these objects; `metadata` is the list's. */
export function table(
  kind: Kind,
  objects: readonly KubeObject[],
  options: {
    metadata: JsonObject
    version: string
    served: string
    include: IncludeObject
    now: number
    headless?: boolean
  },
): JsonObject {
  const columns = columnsOf(kind, options.served)
  const definitions = columns.map(({ name, type, format = '', description = '', priority = 0 }) => ({
    name,
    type,
    format,
    description: description || metadataDescription(name),
    priority,
  }))
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: options.metadata,
    columnDefinitions: options.headless === true ? null : definitions,
    rows: objects.map(object => ({
      cells: columns.map(column => cell(column, object, options.now)),
      ...included(object, options.include, options.version),
    })),
  }
}

/** What the API itself says about the fields that most tables show. */
function metadataDescription(column: string): string {
  const field = column === 'Name' ? 'name' : column === 'Age' || column === 'Created At' ? 'creationTimestamp' : ''
  return field === '' ? '' : (descriptionOf(OBJECT_META, field) ?? '')
}

function cell(column: Column, object: KubeObject, now: number): JsonValue {
  try {
    return column.cell(object, now)
  } catch {
    return '<error>'
  }
}

function included(object: KubeObject, include: IncludeObject, version: string): JsonObject {
  if (include === 'None') return {}
  if (include === 'Object') return { object: object as unknown as JsonObject }
  return { object: partialMetadata(object, version) }
}

/** An object cut down to its metadata. */
export function partialMetadata(object: KubeObject, version = 'v1'): JsonObject {
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: object.metadata as unknown as JsonObject,
  }
}
