/**
 * What a plain YAML scalar means. yaml.v3 (`1.2`) reads what kustomize loads; yaml.v2 (`1.1`), with its `yes` and `off`,
 * decides what has to be quoted in the output and reads kustomization files.
 */
export type YamlVersion = '1.1' | '1.2'

export type Scalar =
  | { readonly tag: '!!str' | '!!timestamp'; readonly value: string }
  | { readonly tag: '!!bool'; readonly value: boolean }
  | { readonly tag: '!!int'; readonly value: number | bigint }
  | { readonly tag: '!!float'; readonly value: number }
  | { readonly tag: '!!null'; readonly value: null }

const words = new Map<string, Scalar>()
const oldWords = new Map<string, Scalar>()
for (const text of ['true', 'True', 'TRUE']) words.set(text, { tag: '!!bool', value: true })
for (const text of ['false', 'False', 'FALSE']) words.set(text, { tag: '!!bool', value: false })
for (const text of ['', '~', 'null', 'Null', 'NULL']) words.set(text, { tag: '!!null', value: null })
for (const text of ['.nan', '.NaN', '.NAN']) words.set(text, { tag: '!!float', value: Number.NaN })
for (const text of ['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'])
  words.set(text, { tag: '!!float', value: Number.POSITIVE_INFINITY })
for (const text of ['-.inf', '-.Inf', '-.INF']) words.set(text, { tag: '!!float', value: Number.NEGATIVE_INFINITY })
for (const text of ['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON']) oldWords.set(text, { tag: '!!bool', value: true })
for (const text of ['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF'])
  oldWords.set(text, { tag: '!!bool', value: false })

const floatPattern = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/
const pointPattern = /^\.[0-9]+([eE][-+]?[0-9]+)?$/
const integerPattern = /^[-+]?(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|[1-9][0-9]*|0)$/
const lowest = -(2n ** 63n)
const highest = 2n ** 64n

/** Tag and value of a plain scalar. */
export function resolvePlain(text: string, version: YamlVersion): Scalar {
  const word = words.get(text) ?? (version === '1.1' ? oldWords.get(text) : undefined)
  if (word !== undefined) return word
  const first = text.charCodeAt(0)
  if (first === 0x2e) {
    return pointPattern.test(text) ? { tag: '!!float', value: Number(text) } : { tag: '!!str', value: text }
  }
  const isSign = first === 0x2b || first === 0x2d
  if (!isSign && !(first >= 0x30 && first <= 0x39)) return { tag: '!!str', value: text }
  if (!isSign && isTimestamp(text)) return { tag: '!!timestamp', value: text }
  const plain = text.includes('_') ? text.replaceAll('_', '') : text
  const integer = parseInteger(plain)
  if (integer !== undefined) return { tag: '!!int', value: integer }
  if (floatPattern.test(plain)) {
    const value = Number(plain)
    if (Number.isFinite(value)) return { tag: '!!float', value }
  }
  return { tag: '!!str', value: text }
}

/** An integer as Go's `ParseInt(text, 0, 64)` or `ParseUint` takes it; bigint beyond 2^53. */
export function parseInteger(text: string): number | bigint | undefined {
  if (!integerPattern.test(text)) return undefined
  const negative = text.startsWith('-')
  const digits = text.replace(/^[-+]/, '')
  const octal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits
  const magnitude = BigInt(octal.toLowerCase())
  const value = negative ? -magnitude : magnitude
  if (value < lowest || value >= highest) return undefined
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}

const timestampPattern =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:([Tt])(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?(Z|[-+]\d{2}:\d{2})| (\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?)?$/

function isTimestamp(text: string): boolean {
  return text.charCodeAt(4) === 0x2d && timestampText(text) !== undefined
}

/** RFC 3339 form of a YAML timestamp, as Go prints the time; undefined where it is none. */
export function timestampText(text: string): string | undefined {
  const match = timestampPattern.exec(text)
  if (match === null) return undefined
  const [, year = '', month = '', day = ''] = match
  const hour = match[5] ?? match[10] ?? '0'
  const minute = match[6] ?? match[11] ?? '0'
  const second = match[7] ?? match[12] ?? '0'
  const fraction = (match[8] ?? match[13] ?? '').slice(0, 9).replace(/0+$/, '')
  const days = new Date(Date.UTC(2000 + (Number(year) % 400), Number(month), 0)).getUTCDate()
  const valid =
    Number(month) >= 1 &&
    Number(month) <= 12 &&
    Number(day) >= 1 &&
    Number(day) <= days &&
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second) < 60
  if (!valid) return undefined
  const zone = match[9] === undefined || /^[-+]00:00$/.test(match[9]) ? 'Z' : match[9]
  const two = (value: string): string => value.padStart(2, '0')
  const clock = `${two(hour)}:${two(minute)}:${two(second)}${fraction === '' ? '' : `.${fraction}`}`
  return `${year}-${two(month)}-${two(day)}T${clock}${zone}`
}
