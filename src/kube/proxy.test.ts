import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { test } from 'node:test'
import { json, startScriptedServer } from '../../test/support/scripted-server.ts'
import { connectCluster } from './client.ts'
import { proxyFromEnvironment } from './proxy.ts'

test('the environment chooses the proxy, NO_PROXY the exceptions', () => {
  const env = {
    HTTPS_PROXY: 'proxy:3128',
    http_proxy: 'http://other',
    NO_PROXY: 'skip.example.com, .svc,10.0.0.0/8,x.org:8443',
  }
  const cases: readonly [string, string | undefined][] = [
    ['https://api.example.com', 'http://proxy:3128'],
    ['http://api.example.com', 'http://other'],
    ['https://skip.example.com', undefined],
    ['https://a.skip.example.com:6443', undefined],
    ['https://kubernetes.default.svc', undefined],
    ['https://10.1.2.3:6443', undefined],
    ['https://11.1.2.3:6443', 'http://proxy:3128'],
    ['https://x.org', 'http://proxy:3128'],
    ['https://x.org:8443', undefined],
    ['https://localhost:6443', undefined],
    ['https://127.0.0.1:6443', undefined],
    ['https://[::1]:6443', undefined],
  ]
  for (const [server, proxy] of cases) assert.equal(proxyFromEnvironment(server, env), proxy, server)
  assert.equal(proxyFromEnvironment('https://x', { HTTPS_PROXY: 'p', NO_PROXY: '*' }), undefined)
  assert.equal(proxyFromEnvironment('https://x', {}), undefined)
})

test('requests go through the proxy of the kubeconfig', async () => {
  const server = await startScriptedServer()
  server.on(/version$/, json({ gitVersion: 'v1.30.0' }))
  const through: string[] = []
  const proxy = createServer((request, response) => {
    through.push(`${request.method} ${request.url}`)
    fetch(request.url ?? '').then(async answer => response.end(await answer.text()))
  })
  proxy.on('connect', (request, socket) => {
    through.push(`CONNECT ${request.headers['proxy-authorization']}`)
    const target = connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      target.pipe(socket).pipe(target)
    })
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  const url = `http://joe:secret@127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const client = connectCluster({ name: 'p', server: server.url, namespace: '', login: { type: 'none' }, proxy: url })
  try {
    assert.equal(await client.version(), 'v1.30.0')
    assert.equal(through.length, 1)
  } finally {
    await client.close()
    proxy.closeAllConnections()
    proxy.close()
    await server.stop()
  }
})
