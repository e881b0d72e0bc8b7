import type { JsonObject } from '../../manifest/json.ts'
import type { KindVersion, User } from '../kind.ts'

/** What a write is done as. */
export interface Scope {
  readonly user: User
  /** The field manager. */
  readonly manager: string
  /** The version in which the client speaks. */
  readonly version: KindVersion
  readonly dryRun: boolean
  readonly fieldValidation: 'Strict' | 'Warn' | 'Ignore'
  /** CreateOptions, UpdateOptions or DeleteOptions without their type, as admission shows them. */
  readonly options?: JsonObject
  warn(message: string): void
}
