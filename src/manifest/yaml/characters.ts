/** Character tests of the YAML 1.1 grammar as libyaml has them, on UTF-16 code units. 0 stands for the end of the text. */

/** LF, CR, NEL, LS, PS. */
export function isBreak(c: number): boolean {
  return c === 10 || c === 13 || c === 0x85 || c === 0x2028 || c === 0x2029
}

export function isBlank(c: number): boolean {
  return c === 32 || c === 9
}

export function isBreakOrEnd(c: number): boolean {
  return c === 10 || c === 0 || c === 13 || c === 0x85 || c === 0x2028 || c === 0x2029
}

export function isBlankOrEnd(c: number): boolean {
  return c === 32 || c === 10 || c === 9 || c === 0 || c === 13 || c === 0x85 || c === 0x2028 || c === 0x2029
}

export function isDigit(c: number): boolean {
  return c >= 48 && c <= 57
}

/** Letters, digits, `_` and `-`: what names of anchors, handles and directives are made of. */
export function isWord(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || isDigit(c) || c === 95 || c === 45
}

/** Value of a hex digit, -1 for anything else. */
export function hexValue(c: number): number {
  if (isDigit(c)) return c - 48
  if (c >= 97 && c <= 102) return c - 87
  if (c >= 65 && c <= 70) return c - 55
  return -1
}

/** First half of a surrogate pair; columns count the pair as one character. */
export function isHighSurrogate(c: number): boolean {
  return c >= 0xd800 && c <= 0xdbff
}
