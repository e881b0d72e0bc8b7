import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sequenceStyleOf } from './sequence-style.ts'

test('the first sequence below a key decides', () => {
  assert.equal(sequenceStyleOf('a:\n- 1\n'), 'compact')
  assert.equal(sequenceStyleOf('a:\n  # first\n  - 1\nb:\n- 2\n'), 'wide')
  assert.equal(sequenceStyleOf('- a\n- b\n'), 'compact')
  assert.equal(sequenceStyleOf('text: |\n  - no list\na:\n  - 1\n'), 'wide')
  assert.equal(sequenceStyleOf('a:\n      - 1\n'), 'compact')
})
