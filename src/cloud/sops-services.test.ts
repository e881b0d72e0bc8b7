import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CloudCall, type CloudScript, startScriptedCloud } from '../../test/support/scripted-cloud.ts'
import type { WrappedKey } from '../sops/metadata.ts'
import { awsKmsKeyring } from './aws/kms.ts'
import { signHeaders } from './aws/sigv4.ts'
import { azureKeyVaultKeyring } from './azure/key-vault.ts'
import { gcpKmsKeyring } from './gcp/kms.ts'
import { vaultKeyring } from './vault.ts'

const DATA_KEY = Buffer.alloc(32, 7)
const base64 = DATA_KEY.toString('base64')

async function open(t: { after(work: () => Promise<void>): void }, script: CloudScript, env: NodeJS.ProcessEnv = {}) {
  const calls: CloudCall[] = []
  const scripted = await startScriptedCloud(call => {
    calls.push(call)
    return script(call)
  }, env)
  t.after(() => scripted.stop())
  return { ...scripted, calls }
}

test('AWS KMS is asked with a signed request, region and key as the ARN says', async t => {
  const { cloud, calls, time } = await open(t, () => [200, { Plaintext: base64 }])
  const credentials = { accessKeyId: 'AKIA', secretAccessKey: 'secret', sessionToken: 'session' }
  const keyring = awsKmsKeyring(cloud, credentials, undefined)
  const arn = 'arn:aws:kms:eu-west-1:123456789012:key/ab-12'
  const key: WrappedKey = { type: 'kms', fields: { arn, enc: 'AQIC', context: { app: 'shop' } } }
  assert.deepEqual(await keyring.unwrap(key), DATA_KEY)
  const [{ body, headers, url } = assert.fail()] = calls
  assert.equal(url.href, 'https://kms.eu-west-1.amazonaws.com/')
  assert.deepEqual(JSON.parse(body), { CiphertextBlob: 'AQIC', EncryptionContext: { app: 'shop' }, KeyId: arn })
  const sent = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'TrentService.Decrypt' }
  const scope = { region: 'eu-west-1', service: 'kms', now: time }
  const expected = signHeaders({ method: 'POST', url: url.href, headers: sent, body }, credentials, scope)
  assert.equal(headers.authorization, expected['authorization'])
  await assert.rejects(keyring.unwrap({ type: 'kms', fields: { arn: 'key/ab' } }), /is no ARN of a KMS key/)
  await assert.rejects(keyring.unwrap({ type: 'kms', fields: { arn, role: 'arn:aws:iam::1:role/x' } }), /not assumed/)
  assert.equal(await keyring.unwrap({ type: 'age', fields: {} }), undefined)
})

test('Google Cloud KMS is asked with the token of an identity', async t => {
  const name = 'projects/p/locations/global/keyRings/r/cryptoKeys/k'
  const { cloud } = await open(t, ({ body, headers, url }) => {
    if (url.host === 'metadata.google.internal') return [200, { access_token: 'node', expires_in: 3000 }]
    if (url.href !== `https://cloudkms.googleapis.com/v1/${name}:decrypt`) return undefined
    if (headers.authorization !== 'Bearer node') return [401, { error: { message: 'who are you?' } }]
    return JSON.parse(body).ciphertext === 'CiQA' ? [200, { plaintext: base64 }] : [400, {}]
  })
  const keyring = gcpKmsKeyring(cloud, undefined, undefined)
  assert.deepEqual(await keyring.unwrap({ type: 'gcp_kms', fields: { resource_id: name, enc: 'CiQA' } }), DATA_KEY)
  await assert.rejects(keyring.unwrap({ type: 'gcp_kms', fields: { resource_id: '../x' } }), /is no name of a key/)
  const broken = gcpKmsKeyring(cloud, '{"private_key": "secret', undefined)
  await assert.rejects(broken.unwrap({ type: 'gcp_kms', fields: { resource_id: name } }), {
    message: 'sops.gcp-kms is no JSON object',
  })
  for (const [credentials, message] of [
    [{ type: 'external_account', credential_source: { file: '/etc/passwd' } }, /'external_account' are not supported/],
    [{ type: 'service_account', token_uri: 'https://googleapis.com.example.com/' }, /is none of Google's/],
  ] as const) {
    const foreign = gcpKmsKeyring(cloud, JSON.stringify(credentials), undefined)
    await assert.rejects(foreign.unwrap({ type: 'gcp_kms', fields: { resource_id: name } }), { message })
  }
})

test('Azure Key Vault is asked with a token for vaults, and no other host', async t => {
  const env = { AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c', AZURE_CLIENT_SECRET: 's' }
  const script: CloudScript = ({ body, headers, url }) => {
    if (url.host === 'login.microsoftonline.com')
      return [200, { access_token: String(new URLSearchParams(body).get('scope')), expires_in: 3599 }]
    if (url.href !== 'https://shop.vault.azure.net/keys/sops/v1/decrypt?api-version=7.4') return undefined
    assert.equal(headers.authorization, 'Bearer https://vault.azure.net/.default')
    assert.deepEqual(JSON.parse(body), { alg: 'RSA-OAEP-256', value: 'ZW5j' })
    return [200, { value: DATA_KEY.toString('base64url') }]
  }
  const { cloud, calls } = await open(t, script, env)
  const keyring = azureKeyVaultKeyring(cloud, undefined)
  const fields = { vault_url: 'https://shop.vault.azure.net', name: 'sops', version: 'v1', enc: 'ZW5j' }
  assert.deepEqual(await keyring.unwrap({ type: 'azure_kv', fields }), DATA_KEY)
  const asked = calls.length
  for (const vault_url of ['https://vault.azure.net.example.com', 'http://shop.vault.azure.net', 'https://example.com'])
    await assert.rejects(keyring.unwrap({ type: 'azure_kv', fields: { ...fields, vault_url } }), /is no https address/)
  assert.equal(calls.length, asked)
})

test('Vault and OpenBao are asked with the token of the Secret', async t => {
  const { cloud } = await open(t, ({ body, headers, method, url }) => {
    if (`${method} ${url.href}` !== 'PUT https://vault.example.com/v1/team/transit/decrypt/sops') return undefined
    if (headers['x-vault-token'] !== 's.token') return [403, { errors: ['permission denied'] }]
    return JSON.parse(body).ciphertext === 'vault:v1:abc' ? [200, { data: { plaintext: base64 } }] : [400, {}]
  })
  const fields = {
    vault_address: 'https://vault.example.com/',
    engine_path: 'team/transit',
    key_name: 'sops',
    enc: 'vault:v1:abc',
  }
  assert.deepEqual(await vaultKeyring(cloud, 's.token\n').unwrap({ type: 'hc_vault', fields }), DATA_KEY)
  await assert.rejects(vaultKeyring(cloud, undefined).unwrap({ type: 'hc_vault', fields }), {
    message: 'there is no token for https://vault.example.com/',
    hint: "add the key 'sops.vault-token' to the Secret",
  })
  await assert.rejects(
    vaultKeyring(cloud, 'other').unwrap({ type: 'hc_vault', fields }),
    /could not decrypt with the Vault at https:\/\/vault.example.com: status 403/,
  )
})
