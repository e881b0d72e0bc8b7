import type { Mark } from './syntax-error.ts'

/** Comment lines found between two tokens; exactly one of `head`, `line`, `foot` has text. */
export interface Comment {
  /** The comment belongs to the first token that starts here or later. */
  tokenPos: number
  readonly start: Mark
  readonly scanPos: number
  readonly endPos: number
  head: string
  line: string
  foot: string
}
