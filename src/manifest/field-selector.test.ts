import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fieldText, formatFieldSelector, matchesFields, parseFieldSelector } from './field-selector.ts'

test('selects by fields of the object', () => {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'n' }, status: { phase: 'Running' } }
  const matches = (text: string) => {
    const selector = parseFieldSelector(text).value
    assert.ok(selector, text)
    return matchesFields(selector, path => fieldText(pod, path))
  }
  assert.equal(matches('metadata.name=a,status.phase==Running'), true)
  assert.equal(matches('metadata.name!=a'), false)
  assert.equal(matches('spec.nodeName='), true)
  assert.equal(matches('spec.nodeName!=x,'), true)
})

test('errors are the ones of the API server', () => {
  assert.equal(parseFieldSelector('a=b,c').error, "invalid selector: 'a=b,c'; can't understand 'c'")
  assert.equal(parseFieldSelector('a=b=c').error, 'invalid field selector: unescaped character in value: 61')
  assert.equal(parseFieldSelector('a=b\\c').error, 'invalid field selector: invalid escape sequence: \\c')
  assert.equal(parseFieldSelector('a=b\\').error, 'invalid field selector: invalid escape sequence: \\')
})

test('what is formatted reads back', () => {
  const field = fc.stringMatching(/^[a-z.]+$/)
  const value = fc.string({ unit: fc.constantFrom('a', ',', '=', '\\', ' ') })
  fc.assert(
    fc.property(field, fc.constantFrom('=', '!='), value, (field, operator, value) => {
      const selector = [{ field, operator, value } as const]
      assert.deepEqual(parseFieldSelector(formatFieldSelector(selector)), { value: selector })
    }),
  )
})
