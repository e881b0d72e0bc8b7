import { goQuote } from '../../manifest/go-text.ts'

/** What Go's `encoding/json` says about text that is no JSON; undefined for JSON. */
export function jsonSyntaxError(text: string): string | undefined {
  try {
    const reader: Reader = { text, at: 0 }
    value(reader)
    blanks(reader)
    if (reader.at < text.length) unexpected(reader, 'after top-level value')
    return undefined
  } catch (error) {
    if (error instanceof SyntaxError) return error.message
    // The stack ends somewhere behind the depth that Go allows.
    if (error instanceof RangeError) return 'exceeded max depth'
    throw error
  }
}

interface Reader {
  readonly text: string
  at: number
}

function unexpected(reader: Reader, where: string): never {
  const char = String.fromCodePoint(reader.text.codePointAt(reader.at) ?? 0)
  if (reader.at >= reader.text.length) throw new SyntaxError('unexpected end of JSON input')
  const shown = char === "'" ? "'\\''" : char === '"' ? `'"'` : `'${goQuote(char).slice(1, -1)}'`
  throw new SyntaxError(`invalid character ${shown} ${where}`)
}

const peek = (reader: Reader): string => reader.text[reader.at] ?? ''

function blanks(reader: Reader): void {
  while (/[ \t\r\n]/.test(peek(reader))) reader.at++
}

function value(reader: Reader): void {
  blanks(reader)
  const char = peek(reader)
  if (char === '{') object(reader)
  else if (char === '[') array(reader)
  else if (char === '"') string(reader)
  else if (char === '-' || (char >= '0' && char <= '9')) number(reader)
  else if (char === 't') literal(reader, 'true')
  else if (char === 'f') literal(reader, 'false')
  else if (char === 'n') literal(reader, 'null')
  else unexpected(reader, 'looking for beginning of value')
}

function object(reader: Reader): void {
  reader.at++
  blanks(reader)
  if (peek(reader) === '}') {
    reader.at++
    return
  }
  for (;;) {
    blanks(reader)
    if (peek(reader) !== '"') unexpected(reader, 'looking for beginning of object key string')
    string(reader)
    blanks(reader)
    if (peek(reader) !== ':') unexpected(reader, 'after object key')
    reader.at++
    value(reader)
    blanks(reader)
    const char = peek(reader)
    if (char !== ',' && char !== '}') unexpected(reader, 'after object key:value pair')
    reader.at++
    if (char === '}') return
  }
}

function array(reader: Reader): void {
  reader.at++
  blanks(reader)
  if (peek(reader) === ']') {
    reader.at++
    return
  }
  for (;;) {
    value(reader)
    blanks(reader)
    const char = peek(reader)
    if (char !== ',' && char !== ']') unexpected(reader, 'after array element')
    reader.at++
    if (char === ']') return
  }
}

function string(reader: Reader): void {
  reader.at++
  for (;;) {
    const char = peek(reader)
    if (char === '"') {
      reader.at++
      return
    }
    if (char === '' || char < ' ') unexpected(reader, 'in string literal')
    reader.at++
    if (char === '\\') escapeCode(reader)
  }
}

function escapeCode(reader: Reader): void {
  const char = peek(reader)
  if (char === '' || !'bfnrt\\/"u'.includes(char)) unexpected(reader, 'in string escape code')
  reader.at++
  if (char !== 'u') return
  for (let i = 0; i < 4; i++) {
    if (!/^[0-9a-fA-F]$/.test(peek(reader))) unexpected(reader, 'in \\u hexadecimal character escape')
    reader.at++
  }
}

function digits(reader: Reader, where: string): void {
  if (!/^\d$/.test(peek(reader))) unexpected(reader, where)
  while (/^\d$/.test(peek(reader))) reader.at++
}

function number(reader: Reader): void {
  if (peek(reader) === '-') reader.at++
  if (peek(reader) === '0') reader.at++
  else digits(reader, 'in numeric literal')
  if (peek(reader) === '.') {
    reader.at++
    digits(reader, 'after decimal point in numeric literal')
  }
  if (/^[eE]$/.test(peek(reader))) {
    reader.at++
    if (/^[-+]$/.test(peek(reader))) reader.at++
    digits(reader, 'in exponent of numeric literal')
  }
}

function literal(reader: Reader, word: string): void {
  for (const char of word) {
    if (peek(reader) !== char) unexpected(reader, `in literal ${word} (expecting '${char}')`)
    reader.at++
  }
}
