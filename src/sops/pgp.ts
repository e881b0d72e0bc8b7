import { textAt } from '../manifest/json.ts'
import { decryptMessage } from '../openpgp/message.ts'
import { readSecretKeys } from '../openpgp/secret-key.ts'
import type { Keyring } from './data-key.ts'

/** The private keys of armored texts as a keyring. Throws an `Error` where a text holds none, or one with a passphrase. */
export function pgpKeyring(texts: readonly string[]): Keyring {
  const keys = texts.flatMap(readSecretKeys)
  return {
    async unwrap({ type, fields }) {
      const message = textAt(fields, 'enc')
      return type === 'pgp' && message !== undefined && keys.length > 0 ? decryptMessage(message, keys) : undefined
    },
  }
}
