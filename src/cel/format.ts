import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator'

/** `'%s is %d'.format([…])` of CEL: the verbs s, d, f, e, b, x, X and o, with a precision for f and e. Throws on a mismatch. */
export function formatText(template: string, args: readonly unknown[]): string {
  let next = 0
  const text = template.replace(
    /%(?:\.(\d{1,3}))?([\s\S])|%$/g,
    (clause, precision: string | undefined, verb?: string) => {
      if (verb === '%') return '%'
      if (verb === undefined || !'sdfebxXo'.includes(verb))
        throw new Error(`unrecognized formatting clause "${clause}"`)
      if (next >= args.length) throw new Error(`index ${next} out of range`)
      return formatValue(verb, args[next++], precision === undefined ? 6 : Number(precision))
    },
  )
  return text
}

function formatValue(verb: string, value: unknown, precision: number): string {
  if (verb === 's') return showValue(value)
  const number = value instanceof UnsignedInt ? BigInt(value.toString()) : value
  switch (verb) {
    case 'd':
      if (typeof number === 'bigint') return number.toString()
      break
    case 'f':
      if (typeof number === 'number' || typeof number === 'bigint') return Number(number).toFixed(precision)
      break
    case 'e':
      if (typeof number === 'number' || typeof number === 'bigint')
        return Number(number)
          .toExponential(precision)
          .replace(/e([+-])(\d)$/, 'e$10$2')
      break
    case 'b':
      if (typeof number === 'boolean') return number ? '1' : '0'
      if (typeof number === 'bigint') return number.toString(2)
      break
    case 'o':
      if (typeof number === 'bigint') return number.toString(8)
      break
    default: {
      const hex = hexOf(number)
      if (hex !== undefined) return verb === 'X' ? hex.toUpperCase() : hex
    }
  }
  throw new Error(`could not format a value of type ${typeof value} with %${verb}`)
}

function hexOf(value: unknown): string | undefined {
  if (typeof value === 'bigint') return value.toString(16)
  if (typeof value === 'string' || value instanceof Uint8Array) return Buffer.from(value as string).toString('hex')
  return undefined
}

function showValue(value: unknown): string {
  if (typeof value === 'string') return value
  if (value === null) return 'null'
  if (typeof value === 'boolean' || typeof value === 'bigint' || typeof value === 'number') return String(value)
  if (value instanceof UnsignedInt || value instanceof Duration) return value.toString()
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z')
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8')
  if (Array.isArray(value)) return `[${value.map(showValue).join(', ')}]`
  if (typeof value === 'object') {
    const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
    return `{${entries.map(([key, item]) => `${key}: ${showValue(item)}`).join(', ')}}`
  }
  throw new Error(`could not format a value of type ${typeof value}`)
}
