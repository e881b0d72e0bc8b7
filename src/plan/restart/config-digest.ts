import { createHash } from 'node:crypto'
import { isObject, type JsonValue } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'

const LENGTH = 16

function entriesOf(value: JsonValue | undefined, encoding: 'utf8' | 'base64'): readonly (readonly [string, Buffer])[] {
  if (!isObject(value)) return []
  return Object.entries(value).map(([key, text]) => [key, Buffer.from(String(text ?? ''), encoding)])
}

/** The bytes of each key, whichever way they are written: in the source as on the cluster. */
function contentOf(object: KubeObject): ReadonlyMap<string, Buffer> {
  const field = (name: string) => object[name] as JsonValue | undefined
  return object.kind === 'Secret'
    ? new Map([...entriesOf(field('data'), 'base64'), ...entriesOf(field('stringData'), 'utf8')])
    : new Map([...entriesOf(field('data'), 'utf8'), ...entriesOf(field('binaryData'), 'base64')])
}

/**
 * A short digest of what a ConfigMap or Secret holds under some keys, or all: the same for the same bytes, in whatever order
 * and form. Keys that are not there do not count.
 */
export function configDigest(object: KubeObject, keys?: readonly string[]): string {
  const hash = createHash('sha256')
  for (const [key, value] of [...contentOf(object)].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (keys !== undefined && !keys.includes(key)) continue
    hash.update(`${key.length}:${key}:${value.length}:`).update(value)
  }
  return hash.digest('hex').slice(0, LENGTH)
}
