import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bombard } from './bombard.ts'

test('whatever is sent to the embedded server is answered with 2xx or 4xx', async () => {
  assert.deepEqual(await bombard(1, 1500), [])
})
