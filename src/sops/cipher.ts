import { createDecipheriv } from 'node:crypto'
import { SopsError } from './failure.ts'

/** What an encrypted value was before: the type that it gets back. */
export type SopsType = 'str' | 'int' | 'float' | 'bool' | 'bytes' | 'time' | 'comment'

const TYPES: readonly string[] = ['str', 'int', 'float', 'bool', 'bytes', 'time', 'comment'] satisfies SopsType[]
const ENCRYPTED = /^ENC\[AES256_GCM,data:([^,]*),iv:([^,]+),tag:([^,]+),type:(\w+)\]$/

export interface Plain {
  readonly type: SopsType
  readonly bytes: Buffer
}

/** True for a text in the form of an encrypted value. */
export function isEncrypted(text: string): boolean {
  return ENCRYPTED.test(text)
}

/**
 * Decrypts a value, `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]`, with the file's data key; `additional` is what it is bound to:
 * the path of its keys, each followed by a colon. The empty text stays as it is. Throws a `SopsError` where the value has
 * another form, or was changed or moved.
 */
export function decryptValue(text: string, dataKey: Uint8Array, additional: string): Plain {
  if (text === '') return { type: 'str', bytes: Buffer.alloc(0) }
  const [, data = '', iv = '', tag = '', type = ''] = ENCRYPTED.exec(text) ?? []
  const where = additional.replace(/:$/, '').replaceAll(':', '.')
  if (!TYPES.includes(type)) throw new SopsError(`the value at '${where}' is not encrypted, though the rules say so`)
  const bytes = (part: string) => Buffer.from(part, 'base64')
  try {
    const decipher = createDecipheriv('aes-256-gcm', dataKey, bytes(iv), { authTagLength: 16 })
    decipher.setAAD(Buffer.from(additional))
    decipher.setAuthTag(bytes(tag))
    return { type: type as SopsType, bytes: Buffer.concat([decipher.update(bytes(data)), decipher.final()]) }
  } catch {
    throw new SopsError(
      `the value at '${where}' cannot be decrypted: it was changed, moved or encrypted with another key`,
    )
  }
}
