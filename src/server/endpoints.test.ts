import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listen, parseListenAddress } from './listen.ts'
import { metricsHandler } from './metrics.ts'
import { type ProbeState, probeHandler } from './probes.ts'

const anywhere = { host: '127.0.0.1', port: 0 }

test('probes tell the state of the process', async t => {
  let state: ProbeState = { live: true, notReady: 'the caches are not synced' }
  const listener = await listen(
    anywhere,
    probeHandler(() => state),
  )
  t.after(() => listener.close())
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${listener.port}${path}`)
    return `${response.status} ${(await response.text()).trim()}`
  }
  assert.equal(await get('/healthz'), '200 ok')
  assert.equal(await get('/readyz'), '500 not ready: the caches are not synced')
  state = { live: true, notReady: undefined }
  assert.equal(await get('/readyz?verbose'), '200 ok')
  state = { live: false, notReady: undefined }
  assert.equal(await get('/healthz'), '500 not live')
  assert.equal(await get('/'), '404 there are /healthz and /readyz')
})

test('metrics are served as text', async t => {
  const listener = await listen(
    anywhere,
    metricsHandler(() => 'up 1\n'),
  )
  t.after(() => listener.close())
  const url = `http://127.0.0.1:${listener.port}`
  const response = await fetch(`${url}/metrics`)
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  assert.equal(await response.text(), 'up 1\n')
  assert.equal((await fetch(`${url}/metrics`, { method: 'POST' })).status, 405)
  assert.equal((await fetch(url)).status, 404)
})

test('listen addresses are written as for Go programs', () => {
  assert.deepEqual([':8080', '127.0.0.1:0', '[::1]:80', 'localhost:9090'].map(parseListenAddress), [
    { port: 8080 },
    { host: '127.0.0.1', port: 0 },
    { host: '::1', port: 80 },
    { host: 'localhost', port: 9090 },
  ])
  assert.deepEqual(['8080', ':', ':99999', 'a:b:1'].map(parseListenAddress), [
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})
