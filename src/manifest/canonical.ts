import { isArray, type JsonObject, type JsonValue } from './json.ts'

/**
 * The one text of a value: JSON without spaces, keys sorted by UTF-16 code units, members that are undefined left out,
 * integers of 64 bits in full whether they come as number or as bigint. Equal values give equal text, so that a digest of it
 * is a digest of the value.
 */
export function canonicalJson(value: JsonValue | undefined): string {
  if (isCanonical(value)) return JSON.stringify(value) ?? 'null'
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return String(BigInt(value))
    case 'object':
      return isArray(value) ? `[${value.map(canonicalJson).join(',')}]` : canonicalObject(value as JsonObject)
    default:
      return JSON.stringify(value)
  }
}

function canonicalObject(object: JsonObject): string {
  const names = Object.keys(object)
  // Sorting costs an array of its own even where there is nothing to sort.
  if (names.some((name, index) => index > 0 && names[index - 1]! > name)) names.sort()
  let text = ''
  for (const name of names) {
    if (object[name] === undefined) continue
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(object[name])}`
  }
  return `{${text}}`
}

/** Whether plain JSON already is the canonical text, as it is of most of what an API server sends; telling that is cheap. */
function isCanonical(value: JsonValue | undefined): boolean {
  if (typeof value === 'number')
    return Number.isSafeInteger(value) || !Number.isInteger(value) || Math.abs(value) >= 2 ** 63
  if (typeof value !== 'object' || value === null) return typeof value !== 'bigint'
  if (isArray(value)) return value.every(isCanonical)
  let before: string | undefined
  for (const key in value as JsonObject) {
    if ((before !== undefined && before > key) || !isCanonical((value as JsonObject)[key])) return false
    before = key
  }
  return true
}
