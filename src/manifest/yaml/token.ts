import type { Mark } from './syntax-error.ts'

export type TokenType =
  | 'stream-start'
  | 'stream-end'
  | 'version-directive'
  | 'tag-directive'
  | 'document-start'
  | 'document-end'
  | 'block-sequence-start'
  | 'block-mapping-start'
  | 'block-end'
  | 'flow-sequence-start'
  | 'flow-sequence-end'
  | 'flow-mapping-start'
  | 'flow-mapping-end'
  | 'block-entry'
  | 'flow-entry'
  | 'key'
  | 'value'
  | 'alias'
  | 'anchor'
  | 'tag'
  | 'scalar'

export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded'

/** `value`: text of a scalar, name of an anchor or alias, handle of a tag; `suffix`: rest of a tag, prefix of a directive. */
export interface Token extends Mark {
  readonly type: TokenType
  readonly style: ScalarStyle
  value: string
  suffix: string
  /** Flow level at which the token may turn out to be a simple key, -1 if it may not. */
  keyLevel: number
}
