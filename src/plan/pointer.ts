import { isArray, isObject, type JsonValue } from '../manifest/json.ts'

/** The parts of a JSON pointer (RFC 6901): `/a/b~1c` gives `a` and `b/c`. The empty text is the whole document. */
export function parsePointer(pointer: string): readonly string[] {
  if (pointer === '') return []
  return pointer
    .replace(/^\//, '')
    .split('/')
    .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

export function formatPointer(parts: readonly string[]): string {
  return parts.map(part => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** The value at a pointer; undefined where nothing is. */
export function getAt(document: JsonValue | undefined, parts: readonly string[]): JsonValue | undefined {
  let value = document
  for (const part of parts) {
    if (isArray(value)) value = value[indexOf(part, value.length)]
    else if (isObject(value)) value = Object.hasOwn(value, part) ? value[part] : undefined
    else return undefined
  }
  return value
}

/** A copy without the value at a pointer; the document itself where nothing is there. */
export function removeAt(document: JsonValue, parts: readonly string[]): JsonValue {
  const [part, ...rest] = parts
  if (part === undefined) return null
  if (isArray(document)) {
    const index = indexOf(part, document.length)
    const item = document[index]
    if (item === undefined) return document
    return rest.length === 0 ? document.toSpliced(index, 1) : document.with(index, removeAt(item, rest))
  }
  if (!isObject(document) || !Object.hasOwn(document, part)) return document
  const value = document[part]
  if (rest.length > 0 && value !== undefined) return { ...document, [part]: removeAt(value, rest) }
  const { [part]: _, ...others } = document
  return others
}

/** A copy with the value at a pointer set, where its parent exists; otherwise the document itself. */
export function setAt(document: JsonValue, parts: readonly string[], value: JsonValue): JsonValue {
  const [part, ...rest] = parts
  if (part === undefined) return value
  if (isArray(document)) {
    const index = indexOf(part, document.length)
    const item = document[index]
    if (item === undefined) return document
    return document.with(index, setAt(item, rest, value))
  }
  if (!isObject(document)) return document
  const inner = document[part]
  if (rest.length === 0) return { ...document, [part]: value }
  return inner === undefined ? document : { ...document, [part]: setAt(inner, rest, value) }
}

function indexOf(part: string, length: number): number {
  if (!/^-?\d+$/.test(part)) return -1
  const index = Number(part)
  return index < 0 ? length + index : index
}
