import { RE2JS } from 're2js'
import { SopsError } from './failure.ts'
import type { EncryptionRule } from './metadata.ts'

/** Whether a value is encrypted: by the keys on its path (indexes of lists are none), or by the comments above and beside it. */
export type Selection = (path: readonly string[], comments: readonly string[]) => boolean

/** The rule of a file as a question. Throws a `SopsError` for an expression that is none. */
export function selectionOf({ kind, text }: EncryptionRule): Selection {
  switch (kind) {
    case 'unencrypted_suffix':
      return path => !path.some(key => key.endsWith(text))
    case 'encrypted_suffix':
      return path => path.some(key => key.endsWith(text))
    case 'unencrypted_regex': {
      const matches = matcherOf(text)
      return path => !path.some(matches)
    }
    case 'encrypted_regex': {
      const matches = matcherOf(text)
      return path => path.some(matches)
    }
    case 'unencrypted_comment_regex': {
      const matches = matcherOf(text)
      return (_, comments) => !comments.some(matches)
    }
    case 'encrypted_comment_regex': {
      const matches = matcherOf(text)
      return (_, comments) => comments.some(matches)
    }
  }
}

function matcherOf(text: string): (part: string) => boolean {
  try {
    const pattern = RE2JS.compile(text)
    return part => pattern.matcher(part).find()
  } catch {
    throw new SopsError(`the SOPS metadata has an expression that is none: ${text}`)
  }
}
