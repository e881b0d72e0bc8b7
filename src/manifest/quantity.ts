/**
 * A Kubernetes `resource.Quantity`: a decimal number with an SI (`500m`, `2k`), binary (`64Mi`) or exponent (`1e3`) suffix.
 * `nanos` is the value in units of 10^-9, the finest step there is; `format` the family of suffix it was written with.
 */
export interface Quantity {
  readonly nanos: bigint
  readonly format: QuantityFormat
}

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent'

/** Why a text is no quantity, in the words of the API server. */
export type QuantityProblem =
  | "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
  | 'unable to parse numeric part of quantity'
  | "unable to parse quantity's suffix"

const form: QuantityProblem =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
const suffixProblem: QuantityProblem = "unable to parse quantity's suffix"

const pattern = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*)([-+]?)([0-9]*)$/

/** Powers of ten of the decimal suffixes, ascending by three from nano. */
const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'] as const
/** Powers of 1024 of the binary suffixes, from one. */
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const

const nano = 1_000_000_000n
/** The largest value a binary quantity can hold; anything above is cut off to it. */
const binaryLimit = (2n ** 63n - 1n) * nano
/** Beyond this many digits an exponent is refused, so that a short text cannot ask for a number of any size. */
const exponentLimit = 3000

/**
 * Reads a quantity as the API server does: finer than a nano is rounded away from zero, binary values are capped at
 * 2^63-1. Returns the server's message where the text is none.
 */
export function parseQuantity(text: string): Quantity | QuantityProblem {
  const match = pattern.exec(text)
  if (match === null || text === '') return form
  const [, sign, whole = '', fraction = '', letters = '', exponentSign = '', exponentDigits = ''] = match

  const suffix = letters + exponentSign + exponentDigits
  const scale = interpretSuffix(suffix)
  if (scale === undefined) return suffixProblem
  if (whole + fraction === '' && scale.format === 'BinarySI') return 'unable to parse numeric part of quantity'
  const digits = BigInt(whole + fraction)
  // value = digits * 2^(10*power) or digits * 10^power, shifted right by the fraction's length
  let format = scale.format
  const multiplier = format === 'BinarySI' ? 1024n ** BigInt(scale.power) : 1n
  const shift = 9 - fraction.length + (format === 'BinarySI' ? 0 : scale.power)
  let nanos = shift >= 0 ? digits * multiplier * 10n ** BigInt(shift) : ceilDiv(digits * multiplier, power10(-shift))
  if (format === 'BinarySI') {
    if (nanos > binaryLimit) nanos = binaryLimit
    // a fraction of one has no binary form
    if (nanos > 0n && nanos < nano) format = 'DecimalSI'
  }
  return { nanos: sign === '-' ? -nanos : nanos, format }
}

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`; the suffix does not matter. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0
}

/** True when two texts stand for the same amount (`1`, `1000m`); texts that are no quantities are never equal. */
export function sameQuantity(a: string, b: string): boolean {
  const left = parseQuantity(a)
  const right = parseQuantity(b)
  return typeof left !== 'string' && typeof right !== 'string' && left.nanos === right.nanos
}

/**
 * The canonical text: no fraction, the largest suffix of its family that leaves a whole number, no suffix for zero.
 * Binary quantities below 1024 or with a fraction are written in decimal.
 */
export function formatQuantity(quantity: Quantity): string {
  const { nanos, format } = quantity
  if (nanos === 0n) return '0'
  const size = nanos < 0n ? -nanos : nanos
  if (format === 'BinarySI' && size >= 1024n * nano && size % nano === 0n) return formatBinary(nanos / nano)
  let mantissa = nanos
  let exponent = -9
  const highest = format === 'DecimalExponent' ? Number.POSITIVE_INFINITY : 18
  while (exponent < highest && mantissa % 1000n === 0n) {
    mantissa /= 1000n
    exponent += 3
  }
  if (format !== 'DecimalExponent') return `${mantissa}${decimalSuffixes[exponent / 3 + 3]}`
  return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`
}

/** Rounds away from zero to a multiple of 10^-3, as the server does with every value of a resource list. */
export function roundToMilli(quantity: Quantity): Quantity {
  const milli = 1_000_000n
  const { nanos, format } = quantity
  if (nanos % milli === 0n) return quantity
  return { nanos: nanos < 0n ? -ceilDiv(-nanos, milli) * milli : ceilDiv(nanos, milli) * milli, format }
}

/** The value as whole units, rounded away from zero (bytes, cores, pieces). */
export function quantityValue(quantity: Quantity): bigint {
  const { nanos } = quantity
  return nanos < 0n ? -ceilDiv(-nanos, nano) : ceilDiv(nanos, nano)
}

/** The value in thousandths, rounded away from zero. */
export function quantityMilliValue(quantity: Quantity): bigint {
  const { nanos } = roundToMilli(quantity)
  return nanos / 1_000_000n
}

/** The sum, in the first one's format; zero takes the other's. */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos + b.nanos, format: a.nanos === 0n ? b.format : a.format }
}

interface Scale {
  readonly format: QuantityFormat
  readonly power: number
}

function interpretSuffix(suffix: string): Scale | undefined {
  const decimal = decimalSuffixes.indexOf(suffix as (typeof decimalSuffixes)[number])
  if (decimal >= 0) return { format: 'DecimalSI', power: (decimal - 3) * 3 }
  const binary = binarySuffixes.indexOf(suffix as (typeof binarySuffixes)[number])
  if (binary > 0) return { format: 'BinarySI', power: binary }
  if (!/^[eE][-+]?[0-9]+$/.test(suffix)) return undefined
  const power = Number(suffix.slice(1))
  return Math.abs(power) > exponentLimit ? undefined : { format: 'DecimalExponent', power }
}

function formatBinary(value: bigint): string {
  let mantissa = value
  let step = 0
  while (step < binarySuffixes.length - 1 && mantissa % 1024n === 0n) {
    mantissa /= 1024n
    step++
  }
  return `${mantissa}${binarySuffixes[step]}`
}

function power10(exponent: number): bigint {
  return 10n ** BigInt(exponent)
}

function ceilDiv(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor
}
