import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
  quantityMilliValue,
  quantityValue,
  roundToMilli,
  sameQuantity,
} from './quantity.ts'

function quantity(text: string): Quantity {
  const parsed = parseQuantity(text)
  if (typeof parsed === 'string') throw new Error(`${text}: ${parsed}`)
  return parsed
}

test('the canonical form is the one the API server writes', () => {
  const canonical = {
    '0': '0',
    '0.0Gi': '0',
    '1000m': '1',
    '0.5': '500m',
    '.5': '500m',
    '1.': '1',
    '1500': '1500',
    '1000': '1k',
    '1024Mi': '1Gi',
    '1.5Gi': '1536Mi',
    '1023': '1023',
    '1000Ki': '1000Ki',
    '0.1Ki': '102400m',
    '0.5Mi': '512Ki',
    '1e3': '1e3',
    '1E3': '1e3',
    '12e4': '120e3',
    '-1.5Gi': '-1536Mi',
    '+5': '5',
    '007': '7',
    '1e-12': '1e-9',
    '9999999999Ei': '9223372036854775807',
  }
  for (const [text, expected] of Object.entries(canonical)) assert.equal(formatQuantity(quantity(text)), expected, text)
})

test('what is no quantity gets the words of the API server', () => {
  const form = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
  for (const text of ['', 'ten', '1.2.3', '1 Gi', '5GB', '1.1.M']) assert.equal(parseQuantity(text), form, text)
  for (const text of ['1i', '5mi', '1e', '5Mm', '1e99999999999'])
    assert.equal(parseQuantity(text), "unable to parse quantity's suffix", text)
})

test('amounts compare by value, whatever their suffix', () => {
  assert.ok(sameQuantity('1', '1000m'))
  assert.ok(sameQuantity('1Gi', '1073741824'))
  assert.ok(!sameQuantity('1G', '1Gi'))
  assert.ok(!sameQuantity('x', 'x'))
  assert.ok(compareQuantities(quantity('1G'), quantity('1Gi')) < 0)
  assert.ok(compareQuantities(quantity('2'), quantity('1999m')) > 0)
})

test('resource lists keep thousandths, rounded away from zero', () => {
  assert.equal(formatQuantity(roundToMilli(quantity('1u'))), '1m')
  assert.equal(formatQuantity(roundToMilli(quantity('-1u'))), '-1m')
  assert.equal(quantityMilliValue(quantity('0.0001')), 1n)
  assert.equal(quantityValue(quantity('1500m')), 2n)
  assert.equal(quantityValue(quantity('-1500m')), -2n)
})

test('the sum keeps the suffix of the first that is not zero', () => {
  assert.equal(formatQuantity(addQuantities(quantity('512Mi'), quantity('512Mi'))), '1Gi')
  assert.equal(formatQuantity(addQuantities(quantity('0'), quantity('1Gi'))), '1Gi')
})

const texts = fc
  .tuple(
    fc.constantFrom('', '-', '+'),
    fc.bigInt(0n, 10n ** 20n),
    fc.option(fc.nat(), { nil: undefined }),
    fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'T', 'P', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'e2', 'E-4', 'e17'),
  )
  .map(([sign, whole, fraction, suffix]) => `${sign}${whole}${fraction === undefined ? '' : `.${fraction}`}${suffix}`)

test('the canonical form is a quantity of the same value and its own canonical form', () => {
  fc.assert(
    fc.property(texts, text => {
      const parsed = quantity(text)
      const canonical = formatQuantity(parsed)
      assert.equal(quantity(canonical).nanos, parsed.nanos)
      assert.equal(formatQuantity(quantity(canonical)), canonical)
    }),
  )
})

test('comparison is an order', () => {
  fc.assert(
    fc.property(texts, texts, (a, b) => {
      const [x, y] = [quantity(a), quantity(b)]
      assert.equal(compareQuantities(x, y), 0 - compareQuantities(y, x))
      assert.equal(compareQuantities(x, y) === 0, sameQuantity(a, b))
    }),
  )
})

test('any text is read or refused, never thrown at', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0123456789.+-eEKMGTPinumk') })), text => {
      const parsed = parseQuantity(text)
      if (typeof parsed !== 'string') formatQuantity(parsed)
    }),
  )
})
