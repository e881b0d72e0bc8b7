import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import yaml from 'js-yaml'
import type { KubeObject } from '../../manifest/object.ts'
import { drivenClock } from '../clock.ts'
import { startSandbox } from '../sandbox.ts'
import { podLines } from './testing.ts'

const web = (name: string) =>
  yaml.load(`
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: default}
spec: {containers: [{name: web, image: "registry.example/web:1.0"}]}
`) as KubeObject

test('after a restart ready pods are left alone and others go on to get ready', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-'))
  const faults: string[] = []
  const options = { dataFile: join(folder, 'data.db'), log: (message: string) => void faults.push(message) }
  try {
    const clock = drivenClock(Date.parse('2026-01-01T00:00:00Z'))
    const before = await startSandbox({ ...options, clock })
    await clock.advance(100)
    before.client.create('/pods', web('old'))
    await clock.advance(1_000)
    before.client.create('/pods', web('young'))
    await clock.advance(100)
    assert.deepEqual(podLines(before.client), ['old Running ready', 'young Pending'])
    const version = before.client.get('/pods', 'default', 'old')?.metadata.resourceVersion
    await before.stop()

    const after = await startSandbox({ ...options, clock })
    await clock.advance(2_000)
    assert.deepEqual(podLines(after.client), ['old Running ready', 'young Running ready'])
    assert.equal(after.client.get('/pods', 'default', 'old')?.metadata.resourceVersion, version)
    assert.equal(after.client.list('/nodes').length, 2)
    await after.stop()
    assert.deepEqual(faults, [])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
