import { canonicalJson } from '../manifest/canonical.ts'
import { isArray, isObject, type JsonObject, type JsonValue } from '../manifest/json.ts'
import { formatPointer } from './pointer.ts'

/** One operation of an RFC 6902 patch, with the value that was there before. */
export interface PatchOperation {
  readonly op: 'add' | 'remove' | 'replace'
  readonly path: string
  readonly value?: JsonValue
  readonly before?: JsonValue
}

export interface PatchOptions {
  /** Replace a whole object or list where that is shorter than its single changes. */
  readonly compact?: boolean
}

/** The patch that makes `x` into `y`: members in the order of their names, list items by index, as Flux's diff writes it. */
export function createPatch(x: JsonValue, y: JsonValue, options: PatchOptions = {}): readonly PatchOperation[] {
  return diffValues([], x, y, options.compact === true)
}

function diffValues(path: readonly string[], x: JsonValue, y: JsonValue, compact: boolean): readonly PatchOperation[] {
  if (canonicalJson(x) === canonicalJson(y)) return []
  const whole: PatchOperation = { op: 'replace', path: formatPointer(path), value: y, before: x }
  let operations: readonly PatchOperation[]
  if (isArray(x) && isArray(y)) operations = diffLists(path, x, y, compact)
  else if (isObject(x) && isObject(y)) operations = diffObjects(path, x, y, compact)
  else return [path.length === 0 ? { ...whole, op: 'add' } : whole]
  return compact && lengthOf(operations) > lengthOf([whole]) ? [whole] : operations
}

function diffObjects(
  path: readonly string[],
  x: JsonObject,
  y: JsonObject,
  compact: boolean,
): readonly PatchOperation[] {
  const names = [...new Set([...Object.keys(x), ...Object.keys(y)])].sort()
  return names.flatMap((name): readonly PatchOperation[] => {
    const [before, after] = [x[name], y[name]]
    const inner = [...path, name]
    if (before !== undefined && after !== undefined) return diffValues(inner, before, after, compact)
    if (before !== undefined) return [{ op: 'remove', path: formatPointer(inner), before }]
    return after === undefined ? [] : [{ op: 'add', path: formatPointer(inner), value: after }]
  })
}

function diffLists(
  path: readonly string[],
  x: readonly JsonValue[],
  y: readonly JsonValue[],
  compact: boolean,
): readonly PatchOperation[] {
  const shared = Math.min(x.length, y.length)
  const removed = x
    .slice(shared)
    .map((before): PatchOperation => ({ op: 'remove', path: formatPointer([...path, String(shared)]), before }))
  const changed = x
    .slice(0, shared)
    .flatMap((item, index) => diffValues([...path, String(index)], item, y[index]!, compact))
  const added = y
    .slice(shared)
    .map((value): PatchOperation => ({ op: 'add', path: formatPointer([...path, '-']), value }))
  return [...removed, ...changed, ...added]
}

/**
 * The length of a patch as Flux counts it to choose the shorter form: bytes of JSON as Go writes it, without the values of
 * additions.
 */
function lengthOf(operations: readonly PatchOperation[]): number {
  const lengths = operations.map(({ op, path, value }) => {
    const named = Buffer.byteLength(`{"op":"${op}","path":"${path}"}`)
    if (op === 'remove') return named
    return named + ',"value":'.length + (op === 'add' || value === undefined ? 0 : Buffer.byteLength(goJson(value)))
  })
  return lengths.reduce((sum, length) => sum + length + 1, 0)
}

/** Go escapes characters that mean something in HTML. */
function goJson(value: JsonValue): string {
  return canonicalJson(value).replace(/[<>&\u2028\u2029]/g, '\\u0000')
}
