import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createWorkQueue } from './work-queue.ts'

test('keys come in their order, what can wait after all others, each once', () => {
  const queue = createWorkQueue()
  queue.push('unchanged-1', 'later')
  queue.push('changed-1', 'now')
  queue.push('unchanged-2', 'later')
  queue.push('changed-2', 'now')
  queue.push('changed-1', 'later')
  assert.equal(queue.size, 4)
  assert.deepEqual(queue.keys(), ['changed-1', 'changed-2', 'unchanged-1', 'unchanged-2'])
  assert.deepEqual(
    Array.from({ length: 5 }, () => queue.shift()),
    ['changed-1', 'changed-2', 'unchanged-1', 'unchanged-2', undefined],
  )
})

test('what could wait goes ahead when somebody needs it now; what is removed has no turn', () => {
  const queue = createWorkQueue()
  queue.push('a', 'later')
  queue.push('b', 'later')
  queue.push('c', 'later')
  queue.push('c', 'now')
  queue.remove('a')
  assert.deepEqual(queue.keys(), ['c', 'b'])
})
