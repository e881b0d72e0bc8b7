import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { Pool } from 'undici'
import { fetchWhole } from './whole-answer.ts'

/** A pool with one connection to a server that answers as told. */
async function poolTo(t: TestContext, answer: RequestListener, onConnection = () => {}): Promise<Pool> {
  const server = createServer(answer).on('connection', onConnection).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { connections: 1 })
  t.after(async () => {
    await pool.destroy()
    server.closeAllConnections()
    server.close()
  })
  return pool
}

test('an answer in several pieces, cut inside of a character, is read whole', async t => {
  const bytes = Buffer.from('{"name":"Käse"}')
  const pool = await poolTo(t, (_, response) => {
    response.writeHead(201, { 'content-type': 'application/json', warning: '299 - "old"' })
    response.write(bytes.subarray(0, 11))
    setImmediate(() => response.end(bytes.subarray(11)))
  })
  const { statusCode, headers, text } = await fetchWhole(pool, { method: 'POST', path: '/', body: 'x' })
  assert.deepEqual([statusCode, headers['warning'], text], [201, '299 - "old"', '{"name":"Käse"}'])
})

test('an empty answer is an empty text', async t => {
  const pool = await poolTo(t, (_, response) => void response.writeHead(204).end())
  assert.deepEqual((await fetchWhole(pool, { method: 'GET', path: '/' })).text, '')
})

test('an answer that breaks off is none', async t => {
  const pool = await poolTo(t, (_, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('{"half":')
    setImmediate(() => response.destroy())
  })
  await assert.rejects(fetchWhole(pool, { method: 'GET', path: '/' }), { code: 'UND_ERR_SOCKET' })
})

test('an abort ends a request at once: before it begins, while it waits for a connection, and while it is answered', async t => {
  const asked = Promise.withResolvers<void>()
  const pool = await poolTo(t, () => asked.resolve())
  const before = AbortSignal.abort(new Error('before'))
  await assert.rejects(fetchWhole(pool, { method: 'GET', path: '/' }, before), { message: 'before' })

  const during = new AbortController()
  const answering = fetchWhole(pool, { method: 'GET', path: '/' }, during.signal)
  await asked.promise
  const queued = new AbortController()
  const waiting = fetchWhole(pool, { method: 'GET', path: '/' }, queued.signal)
  queued.abort(new Error('queued'))
  await assert.rejects(waiting, { message: 'queued' })
  during.abort(new Error('during'))
  await assert.rejects(answering, { message: 'during' })
})

test('a request leaves nothing behind at a signal that lives on', async t => {
  const pool = await poolTo(t, (_, response) => void response.end('{}'))
  const { signal } = new AbortController()
  const listeners: string[] = []
  signal.addEventListener = () => void listeners.push('added')
  signal.removeEventListener = () => void listeners.push('removed')
  await fetchWhole(pool, { method: 'GET', path: '/' }, signal)
  assert.deepEqual(listeners, ['added', 'removed'])
})

test('a connection serves on after a DELETE with a body', async t => {
  let connections = 0
  const answer: RequestListener = (request, response) => void request.resume().on('end', () => response.end('{}'))
  const pool = await poolTo(t, answer, () => connections++)
  for (const body of ['{"propagationPolicy":"Background"}', '{}', '{}'])
    assert.equal((await fetchWhole(pool, { method: 'DELETE', path: '/', body })).text, '{}')
  assert.equal(connections, 1)
})
