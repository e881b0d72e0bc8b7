import { randomBytes } from 'node:crypto'

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'

/** Letters and digits without vowels and without what looks alike, as Kubernetes generates names. */
export function randomName(length: number): string {
  const bytes = randomBytes(length)
  let text = ''
  for (const byte of bytes) text += ALPHABET[byte % ALPHABET.length]
  return text
}
