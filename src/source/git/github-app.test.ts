import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { credentialsMaker } from './secret-credentials.ts'

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
const privateKey = pair.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()

/** As much of GitHub's API as an App needs. */
async function startGitHub(t: { after(work: () => void): void }) {
  const requests: { line: string; claims: Record<string, unknown> }[] = []
  const server = createServer((request, response) => {
    requests.push({ line: `${request.method} ${request.url}`, claims: claimsOf(request) })
    const json = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (request.url?.startsWith('/app/installations?'))
      return json(200, [
        { id: 1, account: { login: 'other' } },
        { id: 42, account: { login: 'Acme' } },
      ])
    if (request.url === '/app/installations/42/access_tokens')
      return json(201, { token: `ghs_${requests.length}`, expires_at: '2026-01-01T01:00:00Z' })
    return json(404, { message: 'Not Found' })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

function claimsOf(request: IncomingMessage): Record<string, unknown> {
  const token = request.headers.authorization?.replace('Bearer ', '') ?? ''
  const [head = '', body = '', signature = ''] = token.split('.')
  const key = createPublicKey(pair.publicKey.export({ type: 'spki', format: 'pem' }))
  assert.ok(verify('sha256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url')))
  return JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>
}

const url = 'https://github.com/acme/fleet'
const secret = (data: Record<string, string>) => ({ namespace: 'flux-system', name: 'app', data })

test('an App gets a token for its installation, and keeps it until shortly before it ends', async t => {
  const github = await startGitHub(t)
  let now = Date.parse('2026-01-01T00:00:00Z')
  const maker = credentialsMaker(() => now)
  const data = {
    githubAppID: '7',
    githubAppInstallationID: '42',
    githubAppPrivateKey: privateKey,
    githubAppBaseURL: github.url,
  }
  const make = () => maker.make({ url, provider: 'github', secret: secret(data) })
  const first = await make()
  assert.deepEqual(first, {
    username: 'x-access-token',
    password: 'ghs_1',
    principal: 'github-app 7 42 github.com',
  })
  assert.deepEqual(github.requests[0]?.claims, { iat: now / 1000 - 60, exp: now / 1000 + 540, iss: '7' })
  now += 54 * 60_000
  assert.deepEqual(await make(), first)
  now += 2 * 60_000
  assert.equal('password' in (await make()) && github.requests.length, 2)
})

test('the installation is found by its owner', async t => {
  const github = await startGitHub(t)
  const data = {
    githubAppID: '7',
    githubAppInstallationOwner: 'acme',
    githubAppPrivateKey: privateKey,
    githubAppBaseURL: github.url,
  }
  const maker = credentialsMaker(() => 0)
  assert.ok('password' in (await maker.make({ url, provider: 'github', secret: secret(data) })))
  const stranger = { ...data, githubAppInstallationOwner: 'nobody' }
  assert.deepEqual(await maker.make({ url, provider: 'github', secret: secret(stranger) }), {
    status: 'failed',
    reason: 'AuthenticationFailed',
    message: 'failed to configure authentication options: the App is not installed for nobody',
    hint: 'check the App, its private key and its installation on GitHub',
  })
})

test('a provider and a Secret that do not fit each other are told apart', async () => {
  const maker = credentialsMaker(() => 0)
  const said = async (...input: Parameters<typeof maker.make>) => {
    const result = await maker.make(...input)
    return 'status' in result ? `${result.reason}: ${result.message}` : result
  }
  assert.equal(
    await said({ url, provider: 'github' }),
    'InvalidProviderConfiguration: secretRef with github app data must be specified when provider is set to github',
  )
  assert.equal(
    await said({ url, provider: 'github', secret: secret({ githubAppID: '7' }) }),
    "AuthenticationFailed: failed to configure authentication options: 'githubAppPrivateKey' is required",
  )
  const complete = { githubAppID: '7', githubAppInstallationID: '42', githubAppPrivateKey: privateKey }
  assert.equal(
    await said({ url, secret: secret(complete) }),
    "InvalidProviderConfiguration: secretRef 'flux-system/app' has github app data but provider is not set to github",
  )
})

test('Secrets give credentials for their transport only, and say what is wrong with them', async () => {
  const maker = credentialsMaker(() => 0)
  const data = { username: 'u', password: 'p', identity: 'key', 'ca.crt': 'CA', 'tls.crt': 'C', 'tls.key': 'K' }
  assert.deepEqual(await maker.make({ url, secret: secret(data) }), {
    username: 'u',
    password: 'p',
    ca: 'CA',
    clientCert: 'C',
    clientKey: 'K',
  })
  const proxySecret = { namespace: 'apps', name: 'proxy', data: { address: 'http://proxy:3128', username: 'x' } }
  assert.deepEqual(await maker.make({ url, proxySecret }), { proxy: { address: 'http://proxy:3128', username: 'x' } })
  const failures: [Parameters<typeof maker.make>[0], RegExp][] = [
    [
      { url, proxySecret: { ...proxySecret, data: {} } },
      /^invalid proxy secret 'apps\/proxy': key 'address' is missing$/,
    ],
    [{ url: 'ssh://git@host/x', secret: secret({}) }, /invalid 'ssh' auth option: 'identity' is required$/],
    [
      {
        url: 'ssh://git@host/x',
        secret: secret({ identity: encryptedKey, known_hosts: 'host ssh-ed25519 AAAA' }),
      },
      /^SSH identity key is encrypted but no 'password' field was provided in the secret 'flux-system\/app'$/,
    ],
    [
      { url: 'ssh://git@host/x', secret: secret({ identity: 'no key', known_hosts: 'host ssh-ed25519 AAAA' }) },
      /the 'identity' in the secret 'flux-system\/app' is no private key/,
    ],
  ]
  for (const [request, message] of failures) {
    const result = await maker.make(request)
    assert.ok('status' in result && result.reason === 'AuthenticationFailed')
    assert.match(result.message, message)
  }
})

const encryptedKey = pair.privateKey
  .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
  .toString()
