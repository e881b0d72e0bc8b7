import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type CloudCall, type CloudScript, startScriptedCloud } from '../../../test/support/scripted-cloud.ts'
import { withFolder } from '../../../test/support/test-cluster.ts'
import { gitAccess } from '../git-access.ts'
import { remoteCluster } from '../remote-cluster.ts'
import { azureToken } from './token.ts'

const DEVOPS = '499b84ac-1321-427f-aa17-267ca6975798/.default'
const URL_OF_REPO = 'https://dev.azure.com/acme/fleet/_git/fleet'
const ANNOTATIONS = { 'azure.workload.identity/tenant-id': 'tenant', 'azure.workload.identity/client-id': 'client' }
const ID = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/main'

/** The token endpoint of a tenant; the token says for whom and what it is. */
function entra({ body, method, url }: CloudCall): ReturnType<CloudScript> {
  if (method !== 'POST' || url.href !== 'https://login.microsoftonline.com/tenant/oauth2/v2.0/token') return undefined
  const form = new URLSearchParams(body)
  const proof = form.get('client_secret') ?? form.get('client_assertion')
  if (form.get('client_id') !== 'client' || form.get('grant_type') !== 'client_credentials')
    return [401, { error: 'unauthorized_client', error_description: 'AADSTS700016: Application was not found' }]
  return [200, { token_type: 'Bearer', expires_in: 3599, access_token: `${form.get('scope')} by ${proof}` }]
}

async function open(t: TestContext, script: CloudScript, env: NodeJS.ProcessEnv = {}) {
  const scripted = await startScriptedCloud(script, env)
  t.after(() => scripted.stop())
  return scripted
}

test('a service account gets a token for Azure DevOps, once until it ends', async t => {
  const scripted = await open(t, entra)
  const get = () => gitAccess(scripted.cloud, 'azure', URL_OF_REPO, scripted.workload(ANNOTATIONS))
  const first = scripted.time
  const token = (time: number) => ({
    bearerToken: `${DEVOPS} by jwt of team/deployer for api://AzureADTokenExchange at ${time}`,
  })
  assert.deepEqual(await Promise.all([get(), get()]), [token(first), token(first)])
  assert.equal(scripted.log.length, 1)
  scripted.time += 3_599_000 - 300_000
  assert.deepEqual(await get(), token(scripted.time))
  assert.equal(scripted.log.length, 2)
})

test('errors say what to do', async t => {
  const scripted = await open(t, entra)
  const half = { 'azure.workload.identity/tenant-id': 'tenant' }
  await assert.rejects(gitAccess(scripted.cloud, 'azure', URL_OF_REPO, scripted.workload(half)), {
    message: "service account 'team/deployer' has no annotation azure.workload.identity/client-id",
    hint: 'add it to the ServiceAccount',
  })
  const other = { ...ANNOTATIONS, 'azure.workload.identity/client-id': 'other' }
  await assert.rejects(gitAccess(scripted.cloud, 'azure', URL_OF_REPO, scripted.workload(other)), {
    message: 'could not get a token for the Azure client other: status 401: AADSTS700016: Application was not found',
    hint: 'check the federated credential of the identity: issuer, subject and audience must be those of the token',
  })
})

test("the process's own identity: client secret, federated token file, managed identity", async t => {
  await withFolder({ token: 'jwt\n' }, async folder => {
    const client = { AZURE_TENANT_ID: 'tenant', AZURE_CLIENT_ID: 'client' }
    const cases: readonly [NodeJS.ProcessEnv, string][] = [
      [{ ...client, AZURE_CLIENT_SECRET: 'secret' }, `${DEVOPS} by secret`],
      [{ ...client, AZURE_FEDERATED_TOKEN_FILE: `${folder}/token` }, `${DEVOPS} by jwt`],
      [{ AZURE_CLIENT_ID: 'user-assigned' }, 'managed user-assigned'],
      [{}, 'managed null'],
    ]
    for (const [env, expected] of cases) {
      const { cloud } = await open(
        t,
        call => {
          if (call.url.hostname !== '169.254.169.254') return entra(call)
          const { searchParams: query } = call.url
          assert.equal(query.get('resource'), '499b84ac-1321-427f-aa17-267ca6975798')
          if (call.headers['metadata'] !== 'true') return [400, { error: 'invalid_request' }]
          return [200, { access_token: `managed ${query.get('client_id')}`, expires_in: '86399' }]
        },
        env,
      )
      assert.equal(await azureToken(cloud, DEVOPS, undefined), expected)
    }
  })
})

test('an AKS cluster is found by its resource ID, and wants a token for its own application', async t => {
  const kubeconfig = (server: string) =>
    JSON.stringify({
      'current-context': 'c',
      clusters: [
        { name: 'c', cluster: { server, 'certificate-authority-data': Buffer.from('CA').toString('base64') } },
      ],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      users: [{ name: 'u', user: {} }],
    })
  const entry = (name: string, server: string) => ({ name, value: Buffer.from(kubeconfig(server)).toString('base64') })
  const scripted = await open(t, call => {
    if (call.url.hostname !== 'management.azure.com') return entra(call)
    if (call.method !== 'POST' || call.url.pathname !== `${ID}/listClusterUserCredential`) return undefined
    if (!call.headers.authorization?.startsWith('Bearer https://management.azure.com/.default by jwt'))
      return [401, { error: { code: 'Unauthorized', message: 'no token' } }]
    return [200, { kubeconfigs: [entry('public', 'https://public:443'), entry('private', 'https://private:6443')] }]
  })
  const { cloud } = scripted
  const workload = scripted.workload(ANNOTATIONS)
  const find = (data: object) =>
    remoteCluster(cloud, { provider: 'azure', cluster: ID, ...data }, workload, 'ConfigMap/c')
  const { connection } = await find({})
  assert.equal(connection.server, 'https://public')
  assert.deepEqual(connection.ca, { pem: 'CA' })
  const token = connection.login.type === 'token-source' ? await connection.login.token() : ''
  assert.match(token, /^6dae42f8-4368-4678-94ff-3960e28e3630\/\.default by jwt of team\/deployer/)
  assert.equal((await find({ address: 'https://private:6443/' })).connection.server, 'https://private:6443')
  await assert.rejects(
    find({ address: 'https://gone' }),
    /has the addresses https:\/\/public, https:\/\/private:6443, not https:\/\/gone/,
  )
  await assert.rejects(find({ cluster: 'main' }), /'main' is no resource ID of an AKS cluster/)
})
