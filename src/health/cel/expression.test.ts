import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileExpression } from './expression.ts'

function evaluate(text: string, data = {}): unknown {
  const compiled = compileExpression(text)
  assert.equal(compiled.error, undefined)
  const result = compiled.value?.evaluate(data)
  return result?.error ?? result?.value
}

test('Flux’s extensions are there: sets, encoders, strings, optional values', () => {
  assert.equal(evaluate('sets.contains([1, 2, 3], [2])'), true)
  assert.equal(evaluate('sets.equivalent([1, 1, 2], [2, 1])'), true)
  assert.equal(evaluate('sets.intersects([1], [2])'), false)
  assert.equal(evaluate("base64.encode(b'hello')"), 'aGVsbG8=')
  assert.equal(evaluate("string(base64.decode('aGVsbG8='))"), 'hello')
  assert.equal(evaluate("'hello'.charAt(1) + 'hello'.reverse()"), 'eolleh')
  assert.equal(evaluate("'%s is %d of %.1f'.format(['one', 1, 2.5])"), 'one is 1 of 2.5')
  assert.equal(evaluate("'a-b-c'.split('-', 2).last().value()"), 'b-c')
  assert.equal(evaluate("x.?y.orValue('none')", { x: {} }), 'none')
})

test('positions in strings are code points', () => {
  assert.equal(evaluate("'😀ab'.indexOf('b')"), 2)
  assert.equal(evaluate("'😀ab'.substring(1, 2)"), 'a')
  assert.equal(evaluate("'ÄB'.lowerAscii()"), 'Äb')
})

test('whole numbers of JSON are ints, so that they compare with literals', () => {
  assert.equal(evaluate('metadata.generation == 2', { metadata: { generation: 2 } }), true)
  assert.equal(evaluate('ratio > 1', { ratio: 1.5 }), true)
  assert.equal(evaluate('ratio == 2.0', { ratio: 2 }), true)
})

test('declared variables are checked before anything runs', () => {
  const options = { variables: ['self', 'dep'], outputType: 'bool' } as const
  assert.equal(compileExpression('self.metadata.name == dep.metadata.name', options).error, undefined)
  assert.match(compileExpression('other.x == 1', options).error ?? '', /other/)
  assert.equal(
    compileExpression('self.status', options).error,
    'CEL expression output type mismatch: expected bool, got dyn',
  )
})

test('a regular expression takes linear time', () => {
  assert.equal(evaluate("x.matches('^(a+)+$')", { x: `${'a'.repeat(5000)}b` }), false)
})

test('a loop in a loop in a loop is stopped', () => {
  const list = Array.from({ length: 3000 }, (_, index) => index)
  assert.match(
    String(evaluate('l.all(x, l.all(y, l.all(z, x + y + z >= 0)))', { l: list })),
    /took longer than 1000 ms/,
  )
})

test('names that every JavaScript object has are no fields', () => {
  assert.match(String(evaluate('constructor')), /no such attribute/)
  assert.match(String(evaluate('x.constructor', { x: {} })), /no such key: constructor/)
})

test('no text makes the compiler throw', () => {
  const piece = fc.constantFrom(
    'a',
    '.',
    '(',
    ')',
    "'",
    '"',
    'matches',
    '&&',
    '[',
    ']',
    '{',
    '}',
    ',',
    ' ',
    '1',
    '//',
    '\\',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), pieces => {
      compileExpression(pieces.join('')).value?.evaluate({ a: { b: 1 } })
    }),
  )
})
