import { markOf, type Scanner, type SimpleKey } from './scanner-state.ts'
import { scannerError } from './syntax-error.ts'

/** False once the line has ended or 1024 characters have passed. Throws where the place demands a key. */
export function isValidKey(s: Scanner, key: SimpleKey): boolean {
  if (!key.possible) return false
  if (key.line < s.line || key.pos + 1024 < s.pos) {
    if (key.required) throw scannerError("could not find expected ':'", key, markOf(s))
    key.possible = false
    return false
  }
  return true
}

/** Remembers that the token about to be pushed may be a key. Gives the flow level for the token, -1 where none may start. */
export function saveSimpleKey(s: Scanner): number {
  if (!s.simpleKeyAllowed) return -1
  const level = s.simpleKeys.length - 1
  removeSimpleKey(s)
  const key = s.simpleKeys[level]!
  const column = s.pos - s.lineStart
  key.possible = true
  key.required = s.flowLevel === 0 && s.indent === column
  key.token = s.parsed + s.tokens.length - s.head
  key.pos = s.pos
  key.line = s.line
  key.column = column
  return level
}

/** Gives up the possible key of the current flow level. Throws where the place demands a key. */
export function removeSimpleKey(s: Scanner): void {
  const key = s.simpleKeys[s.simpleKeys.length - 1]!
  if (!key.possible) return
  if (key.required) throw scannerError("could not find expected ':'", key, markOf(s))
  key.possible = false
}
