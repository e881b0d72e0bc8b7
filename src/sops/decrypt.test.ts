import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import fc from 'fast-check'
import { encryptJson, encryptValue, wrapForAge } from '../../test/support/sops-encrypt.ts'
import type { JsonObject } from '../manifest/json.ts'
import { ageKeyring } from './age.ts'
import { joinKeyrings, type Keyring } from './data-key.ts'
import { decryptFile } from './decrypt.ts'
import { goFixed } from './go-fixed.ts'
import { combineShares } from './shamir.ts'

let recipient: string
let keyring: Keyring

before(async () => {
  const identity = await generateX25519Identity()
  recipient = await identityToRecipient(identity)
  keyring = ageKeyring([`# a comment\n${identity}\n`])
})

const decrypt = async (text: string, more: Partial<Parameters<typeof decryptFile>[1]> = {}) =>
  (await decryptFile(text, { input: 'json', keyring, ...more })).toString()

const leaf = fc.oneof(
  fc.string(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter(value => !Object.is(value, -0)),
  fc.boolean(),
  fc.constant(null),
)
const key = fc.stringMatching(/^[a-z][a-z_]{0,6}$/).filter(name => name !== 'sops')
const tree = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value

test('what was encrypted comes back, with its types', async () => {
  const file = fc.dictionary(key, tree, { maxKeys: 4, noNullPrototype: true })
  await fc.assert(
    fc.asyncProperty(file, fc.boolean(), async (value, macOnlyEncrypted) => {
      const options = {
        recipients: [recipient],
        macOnlyEncrypted,
        ...(macOnlyEncrypted && { encryptedRegex: '^[a-m]' }),
      }
      const text = await encryptJson(value as JsonObject, options)
      assert.deepEqual(JSON.parse(await decrypt(text)), value)
    }),
    { numRuns: 60 },
  )
})

const SECRET = { apiVersion: 'v1', metadata: { name: 'a' }, data: { user: 'joe', password: 'p: "x"\n' } }

test('a change of any value is found', async () => {
  const text = await encryptJson(SECRET, { recipients: [recipient], encryptedRegex: '^data$' })
  assert.deepEqual(JSON.parse(await decrypt(text)), SECRET)
  const parsed = JSON.parse(text) as typeof SECRET & { sops: { mac: string; lastmodified: string } }
  const changed = (value: object) => decrypt(JSON.stringify(value))
  const renamed = { ...parsed, metadata: { name: 'b' } }
  await assert.rejects(changed(renamed), /check sum \(MAC\) does not hold; encrypt it again/)
  assert.equal(JSON.parse(await decrypt(JSON.stringify(renamed), { checkMac: false })).metadata.name, 'b')
  const swapped = { ...parsed, data: { user: parsed.data.password, password: parsed.data.user } }
  await assert.rejects(changed(swapped), { message: /^the value at 'data.user' cannot be decrypted: it was changed/ })
  await assert.rejects(changed({ ...parsed, data: { ...parsed.data, user: 'joe' } }), /'data.user' is not encrypted/)
  await assert.rejects(changed({ ...parsed, sops: { ...parsed.sops, lastmodified: '2027-01-01T00:00:00Z' } }), /MAC/)
  await assert.rejects(changed({ ...parsed, sops: { ...parsed.sops, mac: '' } }), /MAC/)
  await assert.rejects(decrypt(JSON.stringify(SECRET)), { message: 'the file has no SOPS metadata' })
})

test('YAML keeps its form, and what looks like another type stays text', async () => {
  const text = await encryptJson(
    { a: 'yes', b: '12', c: 'line 1\nline 2\n', d: 12, e: '' },
    { recipients: [recipient] },
  )
  const yaml = '{"a": "yes", "b": "12", "c": "line 1\\nline 2\\n", "d": 12, "e": ""}\n'
  assert.equal(await decrypt(text, { output: 'yaml' }), yaml)
})

test('whose key is missing is told', async () => {
  const stranger = ageKeyring([await generateX25519Identity()])
  const text = await encryptJson(SECRET, { recipients: [recipient] })
  await assert.rejects(decrypt(text, { keyring: stranger }), {
    message: `the file needs one of its keys, and there is none: age ${recipient}`,
  })
  const failing: Keyring = { unwrap: () => Promise.reject(new Error('the vault is sealed')) }
  await assert.rejects(decrypt(text, { keyring: failing }), /; age age1\w+: the vault is sealed$/)
  assert.deepEqual(JSON.parse(await decrypt(text, { keyring: joinKeyrings([stranger, keyring]) })), SECRET)
  assert.throws(() => ageKeyring(['nonsense']), { message: 'a line of the age key is no AGE-SECRET-KEY' })
})

test('dotenv, INI and binary files', async () => {
  const dataKey = Buffer.alloc(32, 7)
  const enc = (await wrapForAge(dataKey, recipient)).replaceAll('\n', '\\n')
  const value = (text: string, path: string) => encryptValue(text, 'str', dataKey, path)
  const dotenv = [
    `#${encryptValue(' a comment', 'comment', dataKey, ':')}`,
    `A=${value('x=y', 'A:')}`,
    `B=${value('two\nlines', 'B:')}`,
    'C=',
    `sops_age__list_0__map_enc=${enc}`,
    `sops_age__list_0__map_recipient=${recipient}`,
    'sops_lastmodified=2026-01-01T00:00:00Z',
    '',
  ].join('\n')
  const plain = (text: string, input: 'dotenv' | 'ini' | 'binary') => decrypt(text, { input, checkMac: false })
  assert.equal(await plain(dotenv, 'dotenv'), '# a comment\nA=x=y\nB=two\\nlines\nC=\n')

  const ini = `; above\n[server]\nhost = ${value('h', 'server:host:')}\nlong_name=${value('a;b', 'server:long_name:')}\n
[sops]\nage__list_0__map_enc = ${enc}\nage__list_0__map_recipient = ${recipient}\n`
  assert.equal(await plain(ini, 'ini'), '; above\n[server]\nhost      = h\nlong_name = `a;b`\n')

  const bytes = Buffer.of(0, 255, 10, 128)
  const sops = { age: [{ recipient, enc: enc.replaceAll('\\n', '\n') }], lastmodified: '' }
  const binary = JSON.stringify({ data: encryptValue(bytes, 'str', dataKey, 'data:'), sops })
  assert.deepEqual(await decryptFile(binary, { input: 'binary', keyring, checkMac: false }), bytes)
})

test('the parts of a data key are put together', () => {
  // Shares of a polynomial of degree one, computed by hand: f(x) = secret + 0x03 x over GF(2^8).
  const secret = Buffer.from([0x00, 0x53, 0xff])
  const times = (a: number, b: number) => {
    let product = 0
    for (let x = a, y = b; y > 0; y >>= 1) {
      if (y & 1) product ^= x
      x = (x << 1) ^ (x & 0x80 ? 0x11b : 0)
    }
    return product
  }
  const share = (x: number) => Buffer.from([...secret.map(byte => byte ^ times(0x03, x)), x])
  assert.deepEqual(Buffer.from(combineShares([share(1), share(2)])), secret)
  assert.deepEqual(Buffer.from(combineShares([share(0x53), share(0xca)])), secret)
  assert.throws(() => combineShares([share(1), share(1)]), /do not fit together/)
})

test("numbers are written as Go's FormatFloat does without an exponent", () => {
  const cases: readonly [number, string][] = [
    [0, '0'],
    [-0, '-0'],
    [1.5, '1.5'],
    [100, '100'],
    [1e21, '1000000000000000000000'],
    [1.25e-7, '0.000000125'],
    [-123.456, '-123.456'],
    [5e-324, `0.${'0'.repeat(323)}5`],
  ]
  for (const [value, text] of cases) assert.equal(goFixed(value), text)
})
