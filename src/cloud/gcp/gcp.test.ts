import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { type CloudCall, type CloudScript, startScriptedCloud } from '../../../test/support/scripted-cloud.ts'
import { withFolder } from '../../../test/support/test-cluster.ts'
import { remoteCluster } from '../remote-cluster.ts'
import { gcpToken } from './token.ts'

const PROVIDER = 'projects/42/locations/global/workloadIdentityPools/pool/providers/provider'
const CLUSTER = 'projects/p/locations/europe-west1/clusters/main'

/** Google's token exchange, impersonation and metadata; a token says how it came about. */
function google({ body, headers, method, url }: CloudCall): ReturnType<CloudScript> {
  const at = `${method} ${url.host}${url.pathname}`
  if (at === 'POST sts.googleapis.com/v1/token') {
    const form = new URLSearchParams(body)
    return [200, { access_token: `${form.get('audience')} by ${form.get('subject_token')}`, expires_in: 3600 }]
  }
  if (
    at ===
    'POST iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/sa%40p.iam.gserviceaccount.com:generateAccessToken'
  )
    return [200, { accessToken: `sa by ${headers.authorization}`, expireTime: '2026-01-01T01:00:00Z' }]
  if (url.host !== 'metadata.google.internal' || headers['metadata-flavor'] !== 'Google') return undefined
  switch (url.pathname.replace('/computeMetadata/v1/', '')) {
    case 'project/project-id':
      return [200, 'p']
    case 'instance/attributes/cluster-location':
      return [200, 'europe-west1']
    case 'instance/attributes/cluster-name':
      return [200, 'here']
    case 'instance/service-accounts/default/token':
      return [200, { access_token: 'of the node', expires_in: 3000 }]
    default:
      return undefined
  }
}

async function open(t: TestContext, script: CloudScript, env: NodeJS.ProcessEnv = {}) {
  const scripted = await startScriptedCloud(script, env)
  t.after(() => scripted.stop())
  return scripted
}

test('a service account exchanges its token, and acts as another one where it says so', async t => {
  const scripted = await open(t, google)
  const { cloud, time } = scripted
  const provider = { 'gcp.auth.fluxcd.io/workload-identity-provider': PROVIDER }
  const name = `//iam.googleapis.com/${PROVIDER}`
  const federated = `${name} by jwt of team/deployer for ${name} at ${time}`
  assert.equal(await gcpToken(cloud, scripted.workload(provider)), federated)
  const email = { ...provider, 'iam.gke.io/gcp-service-account': 'sa@p.iam.gserviceaccount.com' }
  assert.equal(await gcpToken(cloud, scripted.workload(email)), `sa by Bearer ${federated}`)
  const pool =
    'identitynamespace:p.svc.id.goog:https://container.googleapis.com/v1/projects/p/locations/europe-west1/clusters/here'
  assert.equal(
    await gcpToken(cloud, scripted.workload()),
    `${pool} by jwt of team/deployer for p.svc.id.goog at ${time}`,
  )
  const wrong = { 'gcp.auth.fluxcd.io/workload-identity-provider': 'pool' }
  await assert.rejects(gcpToken(cloud, scripted.workload(wrong)), /is no name of a provider/)
})

test("the process's own identity: a service account's key, a token file, the metadata server", async t => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = {
    type: 'service_account',
    client_email: 'sa@p.iam.gserviceaccount.com',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    token_uri: 'https://oauth2.googleapis.com/token',
  }
  await withFolder({ key: JSON.stringify(key), jwt: 'jwt\n' }, async folder => {
    const external = {
      type: 'external_account',
      audience: '//iam.googleapis.com/x',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      credential_source: { file: `${folder}/jwt` },
    }
    await withFolder({ external: JSON.stringify(external), other: '{"type":"other"}' }, async second => {
      const script: CloudScript = call => {
        if (call.url.host !== 'oauth2.googleapis.com') return google(call)
        const [head = '', claims = '', signature = ''] =
          new URLSearchParams(call.body).get('assertion')?.split('.') ?? []
        const pem = createPublicKey(publicKey.export({ type: 'spki', format: 'pem' }))
        assert.ok(verify('sha256', Buffer.from(`${head}.${claims}`), pem, Buffer.from(signature, 'base64url')))
        const { aud, iss } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, string>
        return [200, { access_token: `${iss} at ${aud}`, expires_in: 3599 }]
      }
      const token = async (file: string | undefined) => {
        const env = file === undefined ? {} : { GOOGLE_APPLICATION_CREDENTIALS: file }
        return gcpToken((await open(t, script, env)).cloud, undefined)
      }
      assert.equal(await token(undefined), 'of the node')
      assert.equal(await token(`${folder}/key`), 'sa@p.iam.gserviceaccount.com at https://oauth2.googleapis.com/token')
      assert.equal(await token(`${second}/external`), '//iam.googleapis.com/x by jwt')
      await assert.rejects(token(`${second}/other`), /credentials of type 'other' are not supported/)
    })
  })
})

test('a GKE cluster is found by its name', async t => {
  const scripted = await open(t, call => {
    if (call.url.href !== `https://container.googleapis.com/v1/${CLUSTER}`) return google(call)
    if (call.headers.authorization !== 'Bearer of the node') return [401, { error: { message: 'no token' } }]
    return [
      200,
      { endpoint: '203.0.113.7', masterAuth: { clusterCaCertificate: Buffer.from('CA').toString('base64') } },
    ]
  })
  const find = (data: object) =>
    remoteCluster(scripted.cloud, { provider: 'gcp', cluster: CLUSTER, ...data }, undefined, 'c')
  const { connection } = await find({})
  assert.equal(connection.server, 'https://203.0.113.7')
  assert.deepEqual(connection.ca, { pem: 'CA' })
  assert.equal(connection.login.type === 'token-source' && (await connection.login.token()), 'of the node')
  await assert.rejects(find({ address: 'https://203.0.113.8' }), /has the address https:\/\/203.0.113.7, not/)
  await assert.rejects(find({ cluster: 'main' }), /'main' is no name of a GKE cluster/)
})
