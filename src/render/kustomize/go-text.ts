/** How Go prints values; error texts and numbers in the output follow it. */

/** `strconv.FormatFloat(value, 'g', -1, 64)`: the shortest digits, with an exponent below -4 and from 6 on. */
export function formatFloatG(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  if (exponent >= -4 && exponent < 6) return plainDecimal(value)
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

/** A finite number without an exponent. */
function plainDecimal(value: number): string {
  const text = String(value)
  if (!text.includes('e')) return text
  const [mantissa = '', exponentText = '0'] = text.split('e')
  const exponent = Number(exponentText)
  const negative = mantissa.startsWith('-')
  const digits = mantissa.replace('-', '').replace('.', '')
  const fraction = (mantissa.split('.')[1] ?? '').length
  const point = digits.length - fraction + exponent
  const body =
    point <= 0
      ? `0.${'0'.repeat(-point)}${digits}`
      : point >= digits.length
        ? digits + '0'.repeat(point - digits.length)
        : `${digits.slice(0, point)}.${digits.slice(point)}`
  return negative ? `-${body}` : body
}

/** `%v` of a slice of strings. */
export function list(values: readonly string[]): string {
  return `[${values.join(' ')}]`
}
