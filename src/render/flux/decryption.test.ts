import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { encryptJson } from '../../../test/support/sops-encrypt.ts'
import { formatDiagnostic } from '../../manifest/diagnostic.ts'
import type { JsonObject, JsonValue } from '../../manifest/json.ts'
import { toYaml } from '../../manifest/yaml/to-yaml.ts'
import { ageKeyring } from '../../sops/age.ts'
import type { Keyring } from '../../sops/data-key.ts'
import { memoryTree } from '../../source/memory-tree.ts'
import { fluxRenderer } from './render.ts'

let recipient: string
let keyring: Keyring

before(async () => {
  const identity = await generateX25519Identity()
  recipient = await identityToRecipient(identity)
  keyring = ageKeyring([identity])
})

const encrypt = (value: JsonObject, encryptedRegex?: string) =>
  encryptJson(value, { recipients: [recipient], ...(encryptedRegex !== undefined && { encryptedRegex }) })

async function render(files: Readonly<Record<string, string>>, keys: Keyring | undefined = keyring) {
  const request = { path: '', spec: {}, ...(keys !== undefined && { keyring: keys }) }
  const { diagnostics, objects } = fluxRenderer.render(await fluxRenderer.load(memoryTree(files), request))
  const yaml = objects.map(({ object }) => toYaml(object as unknown as JsonValue)).join('---\n')
  return { yaml, problems: diagnostics.map(formatDiagnostic) }
}

const SECRET = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'login' },
  stringData: { user: 'yes', pin: '042' },
}

test('whole objects, values of Secrets, generators and patches are decrypted', async () => {
  const inside = Buffer.from(await encrypt({ token: 'abc' })).toString('base64')
  const patch = { ...SECRET, metadata: { name: 'plain' }, stringData: { patched: 'in secret' } }
  const { yaml, problems } = await render({
    'kustomization.yaml': `
resources: [secret.yaml, plain.yaml, inside.yaml, base]
patches: [{path: patch.yaml}]
`,
    'secret.yaml': await encrypt(SECRET, '^stringData$'),
    'plain.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: {name: plain}\n',
    'patch.yaml': await encrypt(patch, '^stringData$'),
    'inside.yaml': `apiVersion: v1\nkind: Secret\nmetadata: {name: inside}\ndata: {config.json: ${inside}}\n`,
    'base/kustomization.yaml': `
secretGenerator: [{name: generated, files: [renamed.json=token.json]}]
generatorOptions: {disableNameSuffixHash: true}
`,
    'base/token.json': await encrypt({ token: 'abc' }),
  })
  assert.deepEqual(problems, [])
  const token = Buffer.from('{\n\t"token": "abc"\n}\n').toString('base64')
  assert.equal(
    yaml,
    `apiVersion: v1
kind: Secret
metadata:
  name: login
stringData:
  pin: "042"
  user: "yes"
---
apiVersion: v1
kind: Secret
metadata:
  name: plain
stringData:
  patched: in secret
---
apiVersion: v1
data:
  config.json: ${token}
kind: Secret
metadata:
  name: inside
---
apiVersion: v1
data:
  renamed.json: ${token}
kind: Secret
metadata:
  name: generated
type: Opaque
`,
  )
})

test('what is in the clear may be edited in an object, and not in the file of a generator', async () => {
  const object = JSON.parse(await encrypt(SECRET, '^stringData$'))
  const edited = JSON.stringify({ ...object, metadata: { name: 'renamed' } })
  assert.match((await render({ 'secret.yaml': edited })).yaml, /name: renamed\n/)
  const file = JSON.parse(await encrypt({ clear: 'a', secret: 'b' }, '^secret$'))
  const { problems, yaml } = await render({
    'kustomization.yaml': 'secretGenerator: [{name: generated, files: [a.json]}]',
    'a.json': JSON.stringify({ ...file, clear: 'b' }, null, 2),
  })
  assert.equal(yaml, '')
  assert.deepEqual(problems, [
    'a.json:1:1: a.json: decryption failed: the file was changed since it was encrypted: its check sum (MAC) does not hold; encrypt it again with sops',
  ])
})

test('without a key each object is named; what is switched off, or asked for without keys, stays', async () => {
  const nobody = ageKeyring([await generateX25519Identity()])
  const files = {
    'a.yaml': await encrypt(SECRET, '^stringData$'),
    'b.yaml': await encrypt({ ...SECRET, metadata: { name: 'other' } }, '^stringData$'),
  }
  const { problems } = await render(files, nobody)
  assert.equal(problems.length, 2)
  for (const problem of problems)
    assert.match(problem, /^[ab].yaml:1:1: Secret\/\w+: decryption failed: the file needs one of its keys/)
  const annotations = { 'kustomize.toolkit.fluxcd.io/decrypt': 'disabled' }
  const off = await encrypt({ ...SECRET, metadata: { name: 'off', annotations } }, '^stringData$')
  assert.match((await render({ 'off.yaml': off })).yaml, /user: ENC\[AES256_GCM/)
})
