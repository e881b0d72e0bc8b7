import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { json, startScriptedServer, status } from '../../test/support/scripted-server.ts'
import { withFolder } from '../../test/support/test-cluster.ts'
import { drivenClock } from '../sandbox/clock.ts'
import { connectCluster } from './client.ts'
import type { Connection, ExecPlugin, Login } from './connection.ts'
import { openCredentials } from './credentials.ts'

const connectionWith = (login: Login, server = 'https://example.com'): Connection => ({
  name: 'test',
  server,
  namespace: 'default',
  login,
})

/** Prints a credential with a token that counts its runs, and notes what it was told. */
const PLUGIN = `#!/bin/sh
echo run >> "$COUNT"
n=$(wc -l < "$COUNT" | tr -d ' ')
echo "$KUBERNETES_EXEC_INFO" > "$COUNT.info"
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t'$n'"'"$EXTRA"'}}'
`

function pluginIn(folder: string, extra = '', more: Partial<ExecPlugin> = {}): Login {
  return {
    type: 'exec',
    plugin: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: path.join(folder, 'plugin'),
      args: [],
      env: { COUNT: path.join(folder, 'count'), EXTRA: extra },
      provideClusterInfo: true,
      interactiveMode: 'Never',
      ...more,
    },
  }
}

test('tokens and passwords become headers', async () => {
  const header = async (login: Login) =>
    (await openCredentials(connectionWith(login), drivenClock(), {}).current()).authorization
  assert.equal(await header({ type: 'none' }), undefined)
  assert.equal(await header({ type: 'token', token: 'abc' }), 'Bearer abc')
  assert.equal(await header({ type: 'basic', username: 'joe', password: 'pa:ss' }), 'Basic am9lOnBhOnNz')
})

test('a token file is read again after a minute, or when the server refuses its token', async () => {
  await withFolder({ token: 'one\n' }, async folder => {
    const file = path.join(folder, 'token')
    const clock = drivenClock(0)
    const credentials = openCredentials(connectionWith({ type: 'token-file', file }), clock, {})
    const now = async () => (await credentials.current()).authorization
    assert.equal(await now(), 'Bearer one')
    await writeFile(file, 'two')
    assert.equal(await now(), 'Bearer one')
    await clock.advance(60_000)
    assert.equal(await now(), 'Bearer two')
    await writeFile(file, 'three')
    assert.equal(credentials.refused(), true)
    assert.equal(await now(), 'Bearer three')
  })
})

test('a plugin is run once until its credential ends, and told about the cluster', async () => {
  await withFolder({ plugin: PLUGIN }, async folder => {
    const clock = drivenClock(Date.parse('2030-01-01T00:00:00Z'))
    const login = pluginIn(folder, ',"expirationTimestamp":"2030-01-01T01:00:00Z"')
    const credentials = openCredentials(connectionWith(login), clock, process.env)
    const now = async () => (await credentials.current()).authorization
    assert.deepEqual(await Promise.all([now(), now(), now()]), ['Bearer t1', 'Bearer t1', 'Bearer t1'])
    await clock.advance(59 * 60_000)
    assert.equal(await now(), 'Bearer t1')
    await clock.advance(60_000)
    assert.deepEqual(await Promise.all([now(), now()]), ['Bearer t2', 'Bearer t2'])
    assert.deepEqual(JSON.parse(await readFile(path.join(folder, 'count.info'), 'utf8')), {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      spec: { interactive: false, cluster: { server: 'https://example.com' } },
    })
  })
})

test('a plugin may give a client certificate', async () => {
  await withFolder({ plugin: PLUGIN }, async folder => {
    const login = pluginIn(folder, ',"clientCertificateData":"C","clientKeyData":"K"')
    const { cert, key } = await openCredentials(connectionWith(login), drivenClock(), process.env).current()
    assert.deepEqual([cert, key], ['C', 'K'])
  })
})

test('a failing plugin is told without what it printed', async () => {
  const failing = { plugin: '#!/bin/sh\necho secret\nexit 3\n', wrong: '#!/bin/sh\necho secret\n' }
  await withFolder(failing, async folder => {
    const attempt = (command: string, more: Partial<ExecPlugin> = {}) =>
      openCredentials(connectionWith(pluginIn(folder, '', { command, ...more })), drivenClock(), process.env)
        .current()
        .then(() => '', String)
    assert.match(await attempt(path.join(folder, 'plugin')), /failed with exit code 3/)
    assert.match(await attempt(path.join(folder, 'wrong')), /did not print an ExecCredential with a status/)
    assert.match(await attempt('no-such-plugin', { installHint: 'apt install it' }), /was not found \(apt install it\)/)
    assert.match(await attempt('x', { interactiveMode: 'Always' }), /wants a terminal/)
    assert.doesNotMatch(await attempt(path.join(folder, 'wrong')), /secret/)
  })
})

test('after 401 the plugin is run again, once', async () => {
  const server = await startScriptedServer()
  try {
    const seen: (string | undefined)[] = []
    server.on(/./, (request, response, body) => {
      seen.push(request.headers.authorization)
      const answer = seen.length === 1 ? status(401, 'Unauthorized', 'Unauthorized') : json({ gitVersion: 'v1.30.0' })
      answer(request, response, body)
    })
    await withFolder({ plugin: PLUGIN }, async folder => {
      const client = connectCluster(connectionWith(pluginIn(folder), server.url))
      assert.equal(await client.version(), 'v1.30.0')
      assert.deepEqual(seen, ['Bearer t1', 'Bearer t2'])
      await client.close()
    })
  } finally {
    await server.stop()
  }
})
