import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { openApi } from '../support/api.ts'
import { startControlPlane } from './control-plane.ts'
import type { RunningControlPlane } from './options.ts'
import { skipReal } from './real.ts'

const skip = skipReal()

test('two control planes at once, with users of their own; nothing is left of them', { skip }, async () => {
  const users = [{ name: 'jane', token: 'janes-token', groups: ['readers'] }]
  const both = await Promise.all([
    startControlPlane({ controllers: false, users }),
    startControlPlane({ controllers: false }),
  ])
  const api = openApi(both[0].kubeconfig)
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
  const headers = { authorization: 'Bearer janes-token' }
  const { body } = await api.send('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', review, { headers })
  assert.equal(body.status.userInfo.username, 'jane')
  assert.equal((await api.send('GET', '/api/v1/nodes', undefined, { headers })).status, 403)
  api.close()
  await Promise.all(both.map(each => each.stop()))
  for (const { pids, directory } of both) {
    assert.deepEqual(pids.filter(alive), [])
    assert.equal(existsSync(directory), false)
  }
})

test('it goes down with the process that started it, even when that is killed', { skip }, async () => {
  const script = `import { startControlPlane } from ${JSON.stringify(join(import.meta.dirname, 'control-plane.ts'))}
    console.log(JSON.stringify(await startControlPlane({ controllers: false })))`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  const { pids } = JSON.parse(String(line)) as RunningControlPlane
  assert.ok(pids.every(alive))
  child.kill('SIGKILL')
  const end = Date.now() + 20_000
  while (pids.some(alive) && Date.now() < end) await delay(50)
  assert.deepEqual(pids.filter(alive), [])
})

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
