import { compareText } from '../../manifest/compare-text.ts'
import { isObject, type JsonValue } from '../../manifest/json.ts'

/** `json.Marshal`: sorted keys, no blanks, `<`, `>`, `&` and the two line separators escaped. */
export function goJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`
  if (isObject(value)) {
    const keys = Object.keys(value).filter(key => value[key] !== undefined)
    return `{${keys
      .toSorted(compareText)
      .map(key => `${goString(key)}:${goJson(value[key] as JsonValue)}`)
      .join(',')}}`
  }
  if (typeof value === 'string') return goString(value)
  return typeof value === 'number' ? goNumber(value) : String(value)
}

function goString(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[<>&\u2028\u2029]/g,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function goNumber(value: number): string {
  const magnitude = Math.abs(value)
  if (value === 0 || (magnitude >= 1e-6 && magnitude < 1e21)) return Object.is(value, -0) ? '-0' : String(value)
  return value.toExponential()
}
