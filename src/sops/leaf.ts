import type { JsonValue } from '../manifest/json.ts'
import type { SopsType } from './cipher.ts'

/** One value of a file, in the order of the text. */
export interface Leaf {
  /** The keys that lead to it; indexes of lists are none. */
  readonly path: readonly string[]
  /** The comments above and beside it, and those of what it is part of. */
  readonly comments: readonly string[]
  readonly isComment: boolean
  /** What is written: an encrypted value, or a plain one. */
  readonly text: string
  /** A plain value in the form that the check sum is made of. */
  readonly canonical: string
  /** Puts the decrypted value in its place. */
  set(type: SopsType, bytes: Buffer): void
}

/** A file that was taken apart. */
export interface SopsFile {
  /** The section `sops`; undefined where the file has none. */
  readonly section: JsonValue | undefined
  readonly leaves: readonly Leaf[]
  /** The file as it is now, without the section. */
  write(): Buffer
}
