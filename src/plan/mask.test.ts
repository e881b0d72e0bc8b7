import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { JsonObject } from '../manifest/json.ts'
import { createPatch } from './json-patch.ts'
import { maskPatch, maskSecrets } from './mask.ts'

test('stars tell whether a value changed, never what it is', () => {
  const { before, after } = maskSecrets(
    { data: { same: 'YQ==', changed: 'Yg==', gone: 'Yw==' } },
    { data: { same: 'YQ==', changed: 'ZA==', added: 'ZQ==' } },
  )
  assert.deepEqual(before, { data: { same: '***', changed: '*** (before)', gone: '***' } })
  assert.deepEqual(after, { data: { same: '***', changed: '*** (after)', added: '***' } })
})

test('data of the wrong shape is hidden as a whole', () => {
  const { before, after } = maskSecrets({ data: 'hunter2' }, { stringData: ['hunter2'] } as JsonObject)
  assert.deepEqual(before, { data: '***' })
  assert.deepEqual(after, { stringData: '***' })
})

test('kubectl’s copy of the values is hidden too', () => {
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"a":"hunter2"}}', other: 'x' }
  const { after } = maskSecrets(undefined, { metadata: { annotations } } as JsonObject | undefined)
  assert.deepEqual(after, {
    metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '***', other: 'x' } },
  })
})

test('no value gets through a patch', () => {
  const values = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.stringMatching(/^secret-[a-z]{4}$/))
  const secret = fc.record({ data: fc.option(values), stringData: values, type: fc.constantFrom('Opaque', 'x') })
  fc.assert(
    fc.property(secret, secret, fc.boolean(), (x, y, compact) => {
      assert.ok(!JSON.stringify(maskPatch(createPatch(x, y, { compact }))).includes('secret-'))
    }),
  )
})
