import { isArray, isObject, type JsonObject, type JsonValue, textAt } from '../manifest/json.ts'
import { SopsError } from './failure.ts'

/** The data key of a file, or a part of it, encrypted for one key. Where and how is the key's own matter. */
export interface WrappedKey {
  readonly type: 'age' | 'pgp' | 'kms' | 'gcp_kms' | 'azure_kv' | 'hc_vault'
  /** What the file says of it: `enc`, and what names the key. */
  readonly fields: JsonObject
}

/** Which values are encrypted; at most one rule is set. */
export interface EncryptionRule {
  readonly kind:
    | 'unencrypted_suffix'
    | 'encrypted_suffix'
    | 'unencrypted_regex'
    | 'encrypted_regex'
    | 'unencrypted_comment_regex'
    | 'encrypted_comment_regex'
  readonly text: string
}

/** The section `sops` of a file. */
export interface SopsMetadata {
  /** Any key of a group will do; with several groups, `threshold` of them are needed. */
  readonly groups: readonly (readonly WrappedKey[])[]
  readonly threshold: number
  readonly rule: EncryptionRule
  readonly mac: string
  readonly macOnlyEncrypted: boolean
  readonly lastModified: string
}

const KEY_TYPES = ['age', 'pgp', 'kms', 'gcp_kms', 'azure_kv', 'hc_vault'] as const
const RULES = [
  'unencrypted_suffix',
  'encrypted_suffix',
  'unencrypted_regex',
  'encrypted_regex',
  'unencrypted_comment_regex',
  'encrypted_comment_regex',
] as const

/** Reads the section `sops`; numbers and booleans may be texts, as in formats that have nothing else. Throws a `SopsError`. */
export function readMetadata(section: JsonValue | undefined): SopsMetadata {
  if (!isObject(section)) throw new SopsError('the file has no SOPS metadata')
  const listed = section['key_groups']
  const groups =
    isArray(listed) && listed.length > 0
      ? listed.map(group => (isObject(group) ? keysOf(group) : []))
      : [keysOf(section)]
  const rules = RULES.flatMap(kind => {
    const text = textAt(section, kind)
    return text === undefined ? [] : [{ kind, text }]
  })
  if (rules.length > 1)
    throw new SopsError(`the SOPS metadata has more than one rule: ${rules.map(({ kind }) => kind).join(', ')}`)
  const threshold = Number(section['shamir_threshold'] ?? 0)
  return {
    groups,
    threshold: threshold === 0 ? groups.length : threshold,
    rule: rules[0] ?? { kind: 'unencrypted_suffix', text: '_unencrypted' },
    mac: textAt(section, 'mac') ?? '',
    macOnlyEncrypted: String(section['mac_only_encrypted']) === 'true',
    lastModified: textAt(section, 'lastmodified') ?? '',
  }
}

function keysOf(group: JsonObject): readonly WrappedKey[] {
  return KEY_TYPES.flatMap(type => {
    const keys = group[type]
    return (isArray(keys) ? keys : []).flatMap(fields => (isObject(fields) ? [{ type, fields }] : []))
  })
}

/**
 * The section of a format without nesting: `age__list_0__map_enc` is field `enc` of the first item of `age`, and `\n` in a
 * text is a line break.
 */
export function unflatten(flat: ReadonlyMap<string, string>): JsonObject {
  const root: Record<string, JsonValue> = {}
  for (const [key, text] of flat) {
    const parts = key.split(/__(?=list_|map_)/)
    let at: Record<string, JsonValue> | JsonValue[] = root
    parts.forEach((part, index) => {
      const name: string = index === 0 ? part : part.replace(/^(list|map)_/, '')
      const next = parts[index + 1]
      const slot = Array.isArray(at) ? Number(name) : name
      if (typeof slot === 'number' && !(slot >= 0 && slot < 10_000)) throw new SopsError(`'${key}' is no SOPS metadata`)
      const holder = at as Record<string | number, JsonValue>
      if (next === undefined) holder[slot] = text.replaceAll('\\n', '\n')
      else {
        const known: JsonValue | undefined = Object.hasOwn(holder, slot) ? holder[slot] : undefined
        const inner = known ?? (next.startsWith('list_') ? [] : {})
        if (typeof inner !== 'object' || inner === null) throw new SopsError(`'${key}' is no SOPS metadata`)
        holder[slot] = inner
        at = inner as Record<string, JsonValue> | JsonValue[]
      }
    })
  }
  return root
}
