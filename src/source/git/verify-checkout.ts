import { verifySignature } from '../verify/signature.ts'
import type { SourceFailure } from './failure.ts'
import type { GitCheckout } from './git-source.ts'

export type VerificationMode = 'HEAD' | 'Tag' | 'TagAndHEAD'

/** `message` is that of the SourceVerified condition. */
export interface Verified {
  readonly status: 'verified'
  readonly mode: VerificationMode
  readonly message: string
}

/** The mode in its present spelling: `head` is the one of v1beta2. */
export function verificationMode(mode: string | undefined): VerificationMode {
  return mode === 'Tag' || mode === 'TagAndHEAD' ? mode : 'HEAD'
}

/**
 * Verifies what `spec.verify` asks for with the texts of a Secret's keys. `now` is in milliseconds. The failure's reason is
 * that of the SourceVerified condition.
 */
export function verifyCheckout(
  { commit, tag }: Pick<GitCheckout, 'commit' | 'tag'>,
  mode: VerificationMode,
  keys: readonly string[],
  now: number,
): Verified | SourceFailure {
  const lines: string[] = []
  if (mode !== 'HEAD') {
    if (tag === undefined)
      return failed(
        'InvalidVerificationMode',
        "cannot verify tag object's signature if a tag reference is not specified",
        'set spec.ref.tag, spec.ref.semver or spec.ref.name to an annotated tag, or spec.verify.mode to HEAD',
        true,
      )
    const name = `${tag.name}@${tag.sha}`
    if (tag.signature === undefined)
      return failed(
        'InvalidGitObject',
        `cannot verify signature of tag '${name}' since it is not signed`,
        'sign the tag (git tag -s)',
      )
    const result = verifySignature(tag.signature, tag.payload, keys, now / 1000)
    if (!result.ok)
      return failed('InvalidTagSignature', `signature verification of tag '${name}' failed: ${result.error}`, keyHint)
    lines.push(`\n\t- tag '${name}' with key '${result.fingerprint}'`)
  }
  if (mode !== 'Tag') {
    const result = verifySignature(commit.signature, commit.payload, keys, now / 1000)
    if (!result.ok)
      return failed(
        'InvalidCommitSignature',
        `signature verification of commit '${commit.sha}' failed: ${result.error}`,
        keyHint,
      )
    lines.push(`\n\t- commit '${commit.sha}' with key '${result.fingerprint}'`)
  }
  return { status: 'verified', mode, message: `verified signature of${lines.join('')}` }
}

const keyHint = 'sign it with a key whose public half is in the Secret of spec.verify.secretRef'

function failed(reason: string, message: string, hint: string, stalled = false): SourceFailure {
  return { status: 'failed', reason, message, hint, ...(stalled ? { stalled } : {}) }
}
