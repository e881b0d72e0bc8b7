/** What Go's JSON scanner says about a text, and the fields that it holds twice. */
export interface JsonScan {
  /** Undefined for valid JSON. */
  readonly error?: string
  /** Paths such as `metadata.labels.app` or `spec.ports[0].name`, each once, in order. */
  readonly duplicates: readonly string[]
}

class ScanError extends Error {}

/** Go reads ten times as many levels; here every level is a call on the stack, in all that follows too. */
const MAX_DEPTH = 1000

/** Reads a JSON text the way Go's `encoding/json` scans it, for its error texts and for duplicate fields. */
export function scanJson(text: string): JsonScan {
  const duplicates: string[] = []
  let at = 0

  const fail = (where: string): never => {
    if (at >= text.length) throw new ScanError('unexpected end of JSON input')
    throw new ScanError(`invalid character ${quoteChar(text.codePointAt(at) ?? 0)} ${where}`)
  }
  const space = () => {
    while (at < text.length && ' \t\r\n'.includes(text[at]!)) at++
  }

  function value(path: string, depth: number): void {
    if (depth > MAX_DEPTH) throw new ScanError('exceeded max depth')
    space()
    const char = text[at]
    if (char === '{') object(path, depth)
    else if (char === '[') array(path, depth)
    else if (char === '"') string()
    else if (char === 't') literal('true')
    else if (char === 'f') literal('false')
    else if (char === 'n') literal('null')
    else if (char === '-' || (char !== undefined && char >= '0' && char <= '9')) number()
    else fail('looking for beginning of value')
  }

  function object(path: string, depth: number): void {
    at++
    space()
    if (text[at] === '}') {
      at++
      return
    }
    const keys = new Set<string>()
    for (;;) {
      space()
      if (text[at] !== '"') fail('looking for beginning of object key string')
      const start = at
      string()
      const raw = text.slice(start + 1, at - 1)
      const key = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw
      const field = path === '' ? key : `${path}.${key}`
      if (keys.has(key)) {
        if (!duplicates.includes(field)) duplicates.push(field)
      } else keys.add(key)
      space()
      if (text[at] !== ':') fail('after object key')
      at++
      value(field, depth + 1)
      space()
      if (text[at] === '}') {
        at++
        return
      }
      if (text[at] !== ',') fail('after object key:value pair')
      at++
    }
  }

  function array(path: string, depth: number): void {
    at++
    space()
    if (text[at] === ']') {
      at++
      return
    }
    for (let index = 0; ; index++) {
      value(`${path}[${index}]`, depth + 1)
      space()
      if (text[at] === ']') {
        at++
        return
      }
      if (text[at] !== ',') fail('after array element')
      at++
    }
  }

  function string(): void {
    at++
    for (;;) {
      const code = text.charCodeAt(at)
      if (Number.isNaN(code)) fail('in string literal')
      if (code === 0x22) {
        at++
        return
      }
      if (code < 0x20) fail('in string literal')
      at++
      if (code !== 0x5c) continue
      const escaped = text[at]
      if (escaped === undefined || !'"\\/bfnrtu'.includes(escaped)) fail('in string escape code')
      at++
      if (escaped === 'u')
        for (let digit = 0; digit < 4; digit++, at++)
          if (!/[0-9a-fA-F]/.test(text[at] ?? '')) fail('in \\u hexadecimal character escape')
    }
  }

  function literal(word: string): void {
    for (const [index, char] of [...word].entries()) {
      if (text[at] !== char) fail(`in literal ${word} (expecting '${word[index]}')`)
      at++
    }
  }

  function number(): void {
    const digit = () => text[at] !== undefined && text[at]! >= '0' && text[at]! <= '9'
    if (text[at] === '-') {
      at++
      if (!digit()) fail('in numeric literal')
    }
    if (text[at] === '0') at++
    else while (digit()) at++
    if (text[at] === '.') {
      at++
      if (!digit()) fail('after decimal point in numeric literal')
      while (digit()) at++
    }
    if (text[at] === 'e' || text[at] === 'E') {
      at++
      if (text[at] === '+' || text[at] === '-') at++
      if (!digit()) fail('in exponent of numeric literal')
      while (digit()) at++
    }
  }

  try {
    value('', 0)
    space()
    if (at < text.length) fail('after top-level value')
    return { duplicates }
  } catch (error) {
    if (error instanceof ScanError) return { error: error.message, duplicates }
    throw error
  }
}

function quoteChar(code: number): string {
  if (code === 0x27) return "'\\''"
  if (code === 0x22) return `'"'`
  if (code >= 0x7f && code < 0xa0) return `'\\u00${code.toString(16)}'`
  return `'${JSON.stringify(String.fromCodePoint(code)).slice(1, -1)}'`
}
