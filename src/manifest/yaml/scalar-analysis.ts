import { isBlank, isBlankOrEnd, isBreak } from './characters.ts'

/** In which styles a text can be written so that it is read back the same. */
export interface ScalarAnalysis {
  readonly multiline: boolean
  readonly flowPlain: boolean
  readonly blockPlain: boolean
  readonly single: boolean
  readonly block: boolean
}

const anyStyle: ScalarAnalysis = { multiline: false, flowPlain: true, blockPlain: true, single: true, block: true }
const emptyText: ScalarAnalysis = { multiline: false, flowPlain: false, blockPlain: true, single: true, block: false }

/** Texts that need no closer look. */
const harmless = /^[A-Za-z0-9_/.][A-Za-z0-9_/.+=-]*$/

/** Decides which styles are possible for a text, as libyaml's emitter does with Unicode allowed. */
export function analyzeScalar(value: string): ScalarAnalysis {
  if (value === '') return emptyText
  if (harmless.test(value) && !value.startsWith('...')) return anyStyle
  let blockIndicators = value.startsWith('---') || value.startsWith('...')
  let flowIndicators = blockIndicators
  let lineBreaks = false
  let special = false
  let tab = false
  let breakSpace = false
  let spaceBreak = false
  let previousSpace = false
  let previousBreak = false
  let precededByBlank = true
  const last = value.length - 1
  for (let i = 0; i <= last; i++) {
    const c = value.charCodeAt(i)
    const followedByBlank = i === last || isBlank(value.charCodeAt(i + 1))
    switch (c) {
      case 44: // ,
      case 91: // [
      case 93: // ]
      case 123: // {
      case 125: // }
        flowIndicators = true
        if (i === 0) blockIndicators = true
        break
      case 63: // ?
        flowIndicators = true
        if (i === 0 && followedByBlank) blockIndicators = true
        break
      case 58: // :
        flowIndicators = true
        if (followedByBlank) blockIndicators = true
        break
      case 35: // #
        if (precededByBlank) {
          flowIndicators = true
          blockIndicators = true
        }
        break
      case 45: // -
        if (i === 0 && followedByBlank) {
          flowIndicators = true
          blockIndicators = true
        }
        break
      case 38: // &
      case 42: // *
      case 33: // !
      case 124: // |
      case 62: // >
      case 39: // '
      case 34: // "
      case 37: // %
      case 64: // @
      case 96: // `
        if (i === 0) {
          flowIndicators = true
          blockIndicators = true
        }
    }
    if (c === 9) tab = true
    else if (!isPrintable(c)) special = true
    if (c === 32) {
      if (previousBreak) breakSpace = true
      previousSpace = true
      previousBreak = false
    } else if (isBreak(c)) {
      lineBreaks = true
      if (previousSpace) spaceBreak = true
      previousSpace = false
      previousBreak = true
    } else {
      previousSpace = false
      previousBreak = false
    }
    precededByBlank = isBlankOrEnd(c)
  }
  const first = value.charCodeAt(0)
  const end = value.charCodeAt(last)
  const trailingSpace = end === 32
  const padded = first === 32 || trailingSpace || isBreak(first) || isBreak(end)
  const escaped = spaceBreak || tab || special
  const plain = !padded && !breakSpace && !escaped && !lineBreaks
  return {
    multiline: lineBreaks,
    flowPlain: plain && !flowIndicators,
    blockPlain: plain && !blockIndicators,
    single: !breakSpace && !escaped,
    block: !trailingSpace && !spaceBreak && !special,
  }
}

/** What libyaml writes without an escape; it has no such characters outside the basic plane. */
export function isPrintable(c: number): boolean {
  return (
    c === 10 || (c >= 0x20 && c <= 0x7e) || (c >= 0xa0 && c < 0xd800) || (c >= 0xe000 && c <= 0xfffd && c !== 0xfeff)
  )
}
