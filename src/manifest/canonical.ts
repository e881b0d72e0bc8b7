import type { JsonValue } from './json.ts'

/**
 * The one text of a value: JSON without spaces, keys sorted by UTF-16 code units, members that are undefined left out,
 * integers of 64 bits in full whether they come as number or as bigint. Equal values give equal text, so that a digest of it
 * is a digest of the value.
 */
export function canonicalJson(value: JsonValue | undefined): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'number':
      return numberText(value)
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'undefined':
      return 'null'
  }
  if (value === null) return 'null'
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  let text = ''
  const object = value as Readonly<Record<string, JsonValue | undefined>>
  for (const key of sortedKeys(object)) {
    const member = object[key]
    if (member !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`
  }
  return `{${text}}`
}

/** What comes from an API server mostly is in order already; finding that out is cheaper than sorting. */
function sortedKeys(object: object): readonly string[] {
  const keys = Object.keys(object)
  for (let index = 1; index < keys.length; index++) if (keys[index - 1]! > keys[index]!) return keys.sort()
  return keys
}

function numberText(value: number): string {
  if (!Number.isFinite(value)) return 'null'
  const beyond = !Number.isSafeInteger(value) && Number.isInteger(value) && Math.abs(value) < 2 ** 63
  return String(beyond ? BigInt(value) : value)
}
