import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipReal } from '../cluster/real.ts'
import { isUpkeep } from './api-proxy.ts'
import { running } from './engine.ts'
import type { Fleet } from './fleet.ts'
import { IS_LONG } from './settings.ts'
import { openStage } from './stage.ts'

const KUSTOMIZATIONS = 100
/** The interval of every Kustomization; several go by while nothing may be written. */
const INTERVAL = '10s'
const SECONDS = IS_LONG ? 120 : 12

test(`${KUSTOMIZATIONS} Kustomizations that are Ready cost less than a request a second`, {
  skip: skipReal(),
  timeout: 600_000,
}, async t => {
  const names = Array.from({ length: KUSTOMIZATIONS }, (_, index) => `app-${index}`)
  const fleet: Fleet = Object.fromEntries(
    names.map(name => [name, { configs: { [`${name}-a`]: 'v1', [`${name}-b`]: 'v1' }, interval: INTERVAL }]),
  )
  const stage = await openStage(t, fleet, { controllers: false })
  const { proxy, kubeconfig } = await stage.proxy()
  await running(stage.engine({ kubeconfig, folder: await stage.folder('engine') }))
  await stage.witness.reached(await stage.push(fleet), 180_000)
  await proxy.quiet(3000, 60_000)

  // The measurement itself: time has to pass.
  const before = proxy.requests.length
  await new Promise(resolve => setTimeout(resolve, SECONDS * 1000))
  const made = proxy.requests.slice(before)
  const beyond = made.filter(request => !isUpkeep(request)).map(({ method, path }) => `${method} ${path}`)
  assert.deepEqual(beyond, [])
  assert.ok(made.length < SECONDS, `${made.length} requests in ${SECONDS} s`)
  t.diagnostic(
    `${made.length} requests in ${SECONDS} s: ${made.filter(({ isWatch }) => isWatch).length} watches, the rest the lease`,
  )
})
