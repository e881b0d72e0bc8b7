import { isArray, isObject, type JsonObject, type JsonValue } from '../manifest/json.ts'
import { apiVersionOf, type KubeObject, type ObjectRef } from '../manifest/object.ts'
import { errorFromStatus } from './api-error.ts'
import type { ListPage, Table, WatchEvent } from './client-types.ts'
import { ApiError, type ApiResource } from './cluster.ts'
import { readLines } from './lines.ts'

/** A 404 that names no object is about the kind itself: its CRD went away, or discovery is older than the server. */
export function saysKindIsGone(error: unknown): boolean {
  if (!(error instanceof ApiError) || error.code !== 404 || error.reason === 'NoKindMatch') return false
  return !isObject(error.details) || typeof error.details['name'] !== 'string' || error.details['name'] === ''
}

/** Undefined where the object is missing; where its kind is, the rejection stays. */
export async function unlessMissing(run: () => Promise<KubeObject>): Promise<KubeObject | undefined> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof ApiError && error.code === 404 && error.reason === 'NotFound' && !saysKindIsGone(error))
      return undefined
    throw error
  }
}

/** An object as the server sent it, taken at its word. */
export function asObject(value: JsonObject): KubeObject {
  return value as unknown as KubeObject
}

/** Some deletions answer with a `Status` only. */
export function deleted(ref: ObjectRef, status: JsonObject): KubeObject {
  const details = status['details']
  const uid = isObject(details) && typeof details['uid'] === 'string' ? details['uid'] : undefined
  return {
    apiVersion: apiVersionOf(ref),
    kind: ref.kind,
    metadata: {
      name: ref.name,
      ...(ref.namespace !== '' && { namespace: ref.namespace }),
      ...(uid !== undefined && { uid }),
    },
  }
}

/** One page of a list, each item with its type. */
export function readPage(list: JsonObject, resource: ApiResource): ListPage {
  const metadata = isObject(list['metadata']) ? list['metadata'] : {}
  const next = metadata['continue']
  // Items of built-in lists do not name their own kind.
  const type = { apiVersion: apiVersionOf(resource), kind: resource.kind }
  return {
    items: (isArray(list['items']) ? list['items'] : [])
      .filter(isObject)
      .map(item => asObject(item['kind'] === undefined ? { ...type, ...item } : item)),
    resourceVersion: String(metadata['resourceVersion'] ?? ''),
    ...(typeof next === 'string' && next !== '' && { continue: next }),
  }
}

/** A `meta.k8s.io/v1` Table without what nobody shows. */
export function readTable(table: JsonObject): Table {
  const entries = (field: string): readonly JsonObject[] => {
    const value = table[field]
    return isArray(value) ? value.filter(isObject) : []
  }
  return {
    columns: entries('columnDefinitions').map(column => ({
      name: String(column['name'] ?? ''),
      type: String(column['type'] ?? ''),
      priority: Number(column['priority'] ?? 0),
    })),
    rows: entries('rows').map(row => ({
      cells: isArray(row['cells']) ? row['cells'] : [],
      object: row['object'] ?? null,
    })),
  }
}

/** The events of a watch's stream. Throws an `ApiError` for an ERROR event, and an `Error` where the stream breaks off. */
export async function* readWatch(body: AsyncIterable<Uint8Array>): AsyncGenerator<WatchEvent> {
  for await (const { lines, rest } of readLines(body)) {
    if (rest.trim() !== '') throw new Error('the stream ended in the middle of an event')
    for (const line of lines) {
      if (line.trim() === '') continue
      const event = JSON.parse(line) as JsonValue
      const object = isObject(event) ? event['object'] : undefined
      if (!isObject(event) || !isObject(object)) throw new Error('the stream holds something that is no watch event')
      if (event['type'] === 'ERROR') throw errorFromStatus(object, 500)
      yield { type: event['type'] as WatchEvent['type'], object: asObject(object) }
    }
  }
}
