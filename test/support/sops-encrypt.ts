import { createCipheriv, createHash, randomBytes } from 'node:crypto'
import { armor, Encrypter } from 'age-encryption'
import { isArray, isObject, type JsonObject, type JsonValue } from '../../src/manifest/json.ts'
import { goFixed } from '../../src/sops/go-fixed.ts'

export interface EncryptOptions {
  /** Age recipients; each of them can decrypt the file. */
  readonly recipients: readonly string[]
  /** Only values below keys that fit; everything by default. */
  readonly encryptedRegex?: string
  readonly macOnlyEncrypted?: boolean
}

/** A value as SOPS encrypts it, bound to what `additional` says. */
export function encryptValue(plain: string | Buffer, type: string, dataKey: Uint8Array, additional: string): string {
  const iv = randomBytes(32)
  const cipher = createCipheriv('aes-256-gcm', dataKey, iv).setAAD(Buffer.from(additional))
  const data = Buffer.concat([cipher.update(plain), cipher.final()])
  const base64 = (bytes: Buffer) => bytes.toString('base64')
  return `ENC[AES256_GCM,data:${base64(data)},iv:${base64(iv)},tag:${base64(cipher.getAuthTag())},type:${type}]`
}

/** A JSON file as `sops encrypt` writes it, up to spaces. */
export async function encryptJson(value: JsonObject, options: EncryptOptions): Promise<string> {
  const dataKey = randomBytes(32)
  const { encryptedRegex, macOnlyEncrypted = false } = options
  const rule = encryptedRegex === undefined ? undefined : new RegExp(encryptedRegex)
  const hash = createHash('sha512')
  if (macOnlyEncrypted) hash.update(createHash('sha256').update('sops').digest())

  function walk(node: JsonValue, path: readonly string[]): JsonValue {
    if (isObject(node))
      return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, walk(child ?? null, [...path, key])]))
    if (isArray(node)) return node.map(child => walk(child, path))
    if (node === null) return null
    const [type, text] = plainOf(node)
    const selected = rule === undefined || path.some(key => rule.test(key))
    if (selected || !macOnlyEncrypted) hash.update(text)
    return selected && text !== '' ? encryptValue(text, type, dataKey, `${path.join(':')}:`) : node
  }

  const encrypted = walk(value, []) as JsonObject
  const lastmodified = '2026-01-02T03:04:05Z'
  const mac = encryptValue(hash.digest('hex').toUpperCase(), 'str', dataKey, lastmodified)
  const age = await Promise.all(
    options.recipients.map(async recipient => ({ recipient, enc: await wrapForAge(dataKey, recipient) })),
  )
  const metadata = {
    age,
    lastmodified,
    mac,
    ...(encryptedRegex !== undefined && { encrypted_regex: encryptedRegex }),
    ...(macOnlyEncrypted && { mac_only_encrypted: true }),
    version: '3.13.0',
  }
  return JSON.stringify({ ...encrypted, sops: metadata }, null, 2)
}

export async function wrapForAge(bytes: Uint8Array, recipient: string): Promise<string> {
  const encrypter = new Encrypter()
  encrypter.addRecipient(recipient)
  return armor.encode(await encrypter.encrypt(bytes))
}

function plainOf(value: boolean | number | bigint | string): readonly [type: string, text: string] {
  if (typeof value === 'string') return ['str', value]
  if (typeof value === 'boolean') return ['bool', value ? 'True' : 'False']
  return typeof value === 'number' && !Number.isInteger(value) ? ['float', goFixed(value)] : ['int', String(value)]
}
