import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startScriptedCloud } from '../../test/support/scripted-cloud.ts'
import { remoteCluster } from './remote-cluster.ts'

test('generic: a token of the service account for the address, or for the audiences that are named', async t => {
  const scripted = await startScriptedCloud(() => undefined)
  t.after(() => scripted.stop())
  const { cloud, time } = scripted
  const workload = scripted.workload()
  const find = (data: Record<string, string>, account: typeof workload | undefined = workload) =>
    remoteCluster(cloud, { provider: 'generic', ...data }, account, 'ConfigMap/team/remote')
  const tokenOf = async (data: Record<string, string>) => {
    const { login } = (await find(data)).connection
    return login.type === 'token-source' ? login.token() : login.type
  }
  const { connection, key } = await find({ address: 'api.example.com:6443', 'ca.crt': 'CA' })
  const { login: _login, ...rest } = connection
  assert.deepEqual(rest, {
    name: 'ConfigMap/team/remote',
    server: 'https://api.example.com:6443',
    namespace: 'default',
    ca: { pem: 'CA' },
  })
  assert.equal((await find({ address: 'https://api.example.com:6443/', 'ca.crt': 'CA' })).key, key)
  assert.notEqual((await find({ address: 'https://api.example.com:6443/', 'ca.crt': 'OTHER' })).key, key)
  assert.equal(await tokenOf({ address: 'a.example.com' }), `jwt of team/deployer for https://a.example.com at ${time}`)
  assert.equal(
    await tokenOf({ address: 'a.example.com', audiences: '- one\n- two\n' }),
    `jwt of team/deployer for one,two at ${time}`,
  )

  await assert.rejects(find({}), { message: "provider 'generic' needs the key 'address'" })
  await assert.rejects(find({ address: 'http://a' }), { message: "'http://a' is no https address of a cluster" })
  await assert.rejects(find({ address: 'a', audiences: 'one' }), /the key 'audiences' is no YAML list of texts/)
  await assert.rejects(find({ provider: 'other' }), {
    message: "ConfigMap/team/remote: there is no provider 'other'",
    hint: "set the key 'provider' to one of aws, azure, gcp, generic",
  })
})

test("generic: Lockstep's own token is for the address alone", async t => {
  const scripted = await startScriptedCloud(() => undefined)
  t.after(() => scripted.stop())
  const find = (data: Record<string, string>, cloud = scripted.cloud) =>
    remoteCluster(cloud, { provider: 'generic', address: 'https://a', ...data }, undefined, 'c')
  await assert.rejects(find({}), /needs the key 'serviceAccountName', as Lockstep is no service account here/)
  const cloud = { ...scripted.cloud, self: async () => scripted.workload() }
  const { login } = (await find({ 'ca.crt': 'CA' }, cloud)).connection
  assert.match(login.type === 'token-source' ? await login.token() : '', /^jwt of team\/deployer for https:\/\/a at/)
  await assert.rejects(find({ audiences: '[b]' }, cloud), /the key 'audiences' needs the key 'serviceAccountName'/)
})
