import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile } from './compile.ts'
import { CALL_LIMIT } from './cost.ts'
import { estimateCost, type SizedType } from './cost-estimate.ts'
import { CostLimitExceeded } from './cost-meter.ts'
import { createKubernetesEnvironment } from './kubernetes.ts'

/* That the numbers are those of the API server is held by the conformance cases `rule-costs`, on both servers. */
const environment = createKubernetesEnvironment({ self: 'dyn' })

function compiled(text: string) {
  const { value, error } = compile(environment, text)
  assert.equal(error, undefined)
  return value!
}

test('an evaluation tells what it cost', () => {
  const cost = (text: string, self: unknown) => {
    const expression = compiled(text)
    expression.evaluate({ self })
    return expression.spent
  }
  assert.equal(cost('self.a == 1', { a: 1n }), 3)
  assert.equal(cost('self.matches("a+b")', 'x'.repeat(100)), 1 + 11)
  assert.equal(cost('self.all(x, x > 0)', [1n, 2n, 3n]), 1 + 3 * 5 + 1)
})

test('nested loops stop at the limit, whatever is left to do', () => {
  const self = Array.from({ length: 1000 }, (_, index) => BigInt(index))
  for (const text of [
    'self.all(x, self.all(y, self.all(z, x + y + z >= 0)))',
    'self.exists(x, self.exists(y, self.exists(z, x + y + z < 0)))',
    'self.map(x, self.map(y, self.map(z, z))).size() == 0',
  ]) {
    const expression = compiled(text)
    assert.throws(() => expression.evaluate({ self }), CostLimitExceeded)
    assert.ok(expression.spent < CALL_LIMIT * 1.1)
  }
})

test('an estimate grows with what the schema allows', () => {
  const list = (items: number, length: number): SizedType => ({
    kind: 'list',
    maxElements: items,
    minSerializedSize: 2,
    element: { kind: 'string', maxElements: length, minSerializedSize: 2 },
  })
  const { tree } = compiled('self.all(x, x.startsWith("a") && self.exists(y, x == y))')
  const estimates = [list(10, 10), list(10, 1000), list(100, 10)].map(self => estimateCost(tree, { self }))
  assert.deepEqual(estimates, [772, 10_672, 70_702])
  assert.equal(estimateCost(tree, {}), Number.POSITIVE_INFINITY)
})
