import assert from 'node:assert/strict'
import { it } from 'node:test'
import { formatFloatG } from './go-text.ts'

it('prints floats as Go does', () => {
  const cases: [number, string][] = [
    [1.5, '1.5'],
    [100_000, '100000'],
    [1_000_000, '1e+06'],
    [1_234_567.5, '1.2345675e+06'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1e21, '1e+21'],
    [-0, '-0'],
  ]
  for (const [value, text] of cases) assert.equal(formatFloatG(value), text)
})
