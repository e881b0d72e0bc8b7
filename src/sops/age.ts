import { textAt } from '../manifest/json.ts'
import type { Keyring } from './data-key.ts'
import { SopsError } from './failure.ts'

/**
 * The age identities of key files (`AGE-SECRET-KEY-…`, post-quantum ones included; comments and empty lines aside) as a
 * keyring. Throws a `SopsError` where a line is no identity; it is not quoted.
 */
export function ageKeyring(texts: readonly string[]): Keyring {
  const lines = texts.flatMap(text => text.split('\n')).map(line => line.trim())
  const identities = lines.filter(line => line !== '' && !line.startsWith('#'))
  if (!identities.every(line => /^AGE-SECRET-KEY-(PQ-)?1[0-9A-Z]+$/.test(line)))
    throw new SopsError('a line of the age key is no AGE-SECRET-KEY')
  return {
    async unwrap({ type, fields }) {
      const text = textAt(fields, 'enc')
      if (type !== 'age' || text === undefined || identities.length === 0) return undefined
      const { armor, Decrypter } = await import('age-encryption')
      const decrypter = new Decrypter()
      for (const identity of identities) decrypter.addIdentity(identity)
      const file = armor.decode(text)
      try {
        return await decrypter.decrypt(file)
      } catch (error) {
        // The library has no other way to say that the file is for somebody else.
        if (error instanceof Error && /no identity matched/i.test(error.message)) return undefined
        throw error
      }
    },
  }
}
