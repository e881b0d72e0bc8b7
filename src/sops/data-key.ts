import { SopsError } from './failure.ts'
import type { SopsMetadata, WrappedKey } from './metadata.ts'
import { combineShares } from './shamir.ts'

/** The keys that somebody has. */
export interface Keyring {
  /** The data key (or the part of it) behind a wrapped one; undefined where none of the keys is for it. May ask a service. */
  unwrap(key: WrappedKey): Promise<Uint8Array | undefined>
}

/** A keyring of several: the first that has a key is taken. */
export function joinKeyrings(keyrings: readonly Keyring[]): Keyring {
  return {
    async unwrap(key) {
      for (const keyring of keyrings) {
        const found = await keyring.unwrap(key)
        if (found !== undefined) return found
      }
      return undefined
    },
  }
}

/** The 32 bytes that a file is encrypted with. Rejects with a `SopsError` that names the keys that were missing. */
export async function findDataKey({ groups, threshold }: SopsMetadata, keyring: Keyring): Promise<Uint8Array> {
  const problems: string[] = []
  const parts: Uint8Array[] = []
  for (const group of groups) {
    const part = await firstOf(group, keyring, problems)
    if (part !== undefined) parts.push(part)
    if (groups.length > 1 && parts.length === threshold) break
  }
  const needed = groups.length > 1 ? threshold : 1
  const [only] = parts
  if (only === undefined || parts.length < needed)
    throw new SopsError(missingKeys(groups, needed, problems), 'missing-key')
  const key = groups.length > 1 ? combineShares(parts) : only
  if (key.length === 32) return key
  throw new SopsError(`the data key has ${key.length} bytes where 32 are needed`)
}

async function firstOf(
  group: readonly WrappedKey[],
  keyring: Keyring,
  problems: string[],
): Promise<Uint8Array | undefined> {
  for (const key of group) {
    try {
      const part = await keyring.unwrap(key)
      if (part !== undefined) return part
    } catch (error) {
      problems.push(`${nameOf(key)}: ${reasonOf(error)}`)
    }
  }
  return undefined
}

/** What an error says, with the advice that some errors carry. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'hint' in error && typeof error.hint === 'string' ? `${error.message} (${error.hint})` : error.message
}

function missingKeys(groups: SopsMetadata['groups'], needed: number, problems: readonly string[]): string {
  const names = groups.flat().map(nameOf)
  const wanted = groups.length > 1 ? `keys of ${needed} of ${groups.length} groups` : 'one of its keys'
  const told = problems.length === 0 ? '' : `; ${problems.join('; ')}`
  return `the file needs ${wanted}, and there is none: ${names.join(', ') || 'it names no keys'}${told}`
}

/** Which key it is, as people know it. */
export function nameOf({ type, fields }: WrappedKey): string {
  const field = {
    age: 'recipient',
    pgp: 'fp',
    kms: 'arn',
    gcp_kms: 'resource_id',
    azure_kv: 'name',
    hc_vault: 'key_name',
  }[type]
  return `${type} ${String(fields[field] ?? '')}`.trim()
}
