import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { GroupVersionKind } from '../object.ts'
import type { Schema } from './schema.ts'
import { kindsOf, linkDefinitions, type StoredDescriptions, type StoredSchemas } from './stored.ts'

/** The schemas of Kubernetes' own kinds. */
export interface BuiltinSchemas {
  /** The Kubernetes version that they were read from. */
  readonly version: string
  readonly resources: StoredSchemas['resources']
  readonly definitions: ReadonlyMap<string, Schema>
  /** Every kind with a schema of its own, `DeleteOptions` and lists included. */
  readonly kinds: readonly GroupVersionKind[]
  schemaFor(gvk: GroupVersionKind): Schema | undefined
}

const file = (name: string) => new URL(`./generated/${name}.json.gz`, import.meta.url)
const load = (name: string): unknown => JSON.parse(gunzipSync(readFileSync(file(name))).toString())
const key = ({ group, version, kind }: GroupVersionKind) => `${group}/${version}/${kind}`

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** The built-in schemas; read from their file the first time. */
export const builtinSchemas: () => BuiltinSchemas = once(() => {
  const stored = load('kubernetes') as StoredSchemas
  const definitions = linkDefinitions(stored.definitions)
  const kinds = kindsOf(stored.definitions)
  const byKind = new Map(kinds.map(({ gvk, definition }) => [key(gvk), definitions.get(definition)]))
  return {
    version: stored.version,
    resources: stored.resources,
    definitions,
    kinds: kinds.map(({ gvk }) => gvk),
    schemaFor: gvk => byKind.get(key(gvk)),
  }
})

/** The schema of a built-in kind; undefined for kinds that Kubernetes itself does not have. */
export function schemaFor(gvk: GroupVersionKind): Schema | undefined {
  return builtinSchemas().schemaFor(gvk)
}

const descriptions = once(() => load('descriptions') as StoredDescriptions)

/** What the API says about a definition, or about one of its fields. Read from its own file the first time. */
export function descriptionOf(definition: string, field = ''): string | undefined {
  return descriptions()[definition]?.[field]
}
