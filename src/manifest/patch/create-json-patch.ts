import { isArray, isObject, type JsonValue } from '../json.ts'
import { own } from '../own.ts'
import { sameValue } from '../same-value.ts'
import type { JsonPatchOperation } from './json-patch.ts'

/** The operations that turn one value into another. Lists of different length are changed at their end. */
export function createJsonPatch(before: JsonValue, after: JsonValue): readonly JsonPatchOperation[] {
  const out: JsonPatchOperation[] = []
  difference(before, after, '', out)
  return out
}

function difference(before: JsonValue, after: JsonValue, path: string, out: JsonPatchOperation[]): void {
  if (sameValue(before, after)) return
  if (isObject(before) && isObject(after)) {
    for (const key of Object.keys(before)) {
      if (before[key] !== undefined && own(after, key) === undefined)
        out.push({ op: 'remove', path: `${path}/${escapeStep(key)}` })
    }
    for (const [key, value] of Object.entries(after)) {
      const old = own(before, key)
      const at = `${path}/${escapeStep(key)}`
      if (value === undefined) continue
      if (old === undefined) out.push({ op: 'add', path: at, value })
      else difference(old, value, at, out)
    }
  } else if (isArray(before) && isArray(after)) {
    const shared = Math.min(before.length, after.length)
    for (let i = 0; i < shared; i++) difference(before[i] ?? null, after[i] ?? null, `${path}/${i}`, out)
    for (let i = before.length - 1; i >= shared; i--) out.push({ op: 'remove', path: `${path}/${i}` })
    for (const value of after.slice(shared)) out.push({ op: 'add', path: `${path}/-`, value })
  } else {
    out.push({ op: 'replace', path, value: after })
  }
}

/** A field name as a step of a JSON pointer (RFC 6901). */
export function escapeStep(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
