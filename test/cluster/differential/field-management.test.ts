import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openApi } from '../../support/api.ts'
import { startControlPlane } from '../control-plane.ts'
import { skipReal } from '../real.ts'
import { compareSequence } from './field-management.ts'
import { prepare } from './prepare.ts'

test('field ownership and patches are those of the API server', { skip: skipReal() }, async () => {
  const cluster = await startControlPlane({ controllers: false })
  const api = openApi(cluster.kubeconfig)
  try {
    const namespace = await prepare(api)
    for (let seed = 0; seed < 100; seed++) assert.deepEqual(await compareSequence(api, namespace, seed), [])
  } finally {
    api.close()
    await cluster.stop()
  }
})
