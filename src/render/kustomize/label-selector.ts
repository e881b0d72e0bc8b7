import { goQuote } from '../../manifest/go-text.ts'
import { fail } from './problem.ts'

/** One condition of a label selector. */
export type Requirement = (labels: ReadonlyMap<string, string>) => boolean

/** Conditions that all have to hold. */
export type LabelSelector = readonly Requirement[]

const tokenPattern = /\s*(==|!=|[=!(),<>]|[^\s=!(),<>]+)/y
const isSymbol = (token: string): boolean => /^[=!(),<>]/.test(token)

interface Reader {
  readonly tokens: readonly string[]
  at: number
}

/** Reads a selector in kubectl's syntax: `a=b`, `a!=b`, `a in (b, c)`, `a notin (b)`, `a`, `!a`, `a > 1`. */
export function parseLabelSelector(text: string): LabelSelector {
  const reader: Reader = { tokens: tokenize(text), at: 0 }
  const requirements: Requirement[] = []
  while (reader.at < reader.tokens.length) {
    const token = peek(reader)
    if (token === '' || (isSymbol(token) && token !== '!'))
      fail(`found '${token}', expected: !, identifier, or 'end of string'`, { code: 'bad-label-selector' })
    requirements.push(rewordParse(() => parseRequirement(reader)))
    if (reader.at >= reader.tokens.length) break
    const separator = next(reader)
    if (separator !== ',')
      fail(`found '${separator}', expected: ',' or 'end of string'`, { code: 'bad-label-selector' })
    const after = peek(reader)
    if (after === '' || (isSymbol(after) && after !== '!'))
      fail(`found '${after}', expected: identifier after ','`, { code: 'bad-label-selector' })
  }
  return requirements
}

function rewordParse<T>(step: () => T): T {
  try {
    return step()
  } catch (error) {
    if (error instanceof Error) error.message = `unable to parse requirement: ${error.message}`
    throw error
  }
}

function tokenize(text: string): string[] {
  const tokens: string[] = []
  tokenPattern.lastIndex = 0
  for (let match = tokenPattern.exec(text); match !== null; match = tokenPattern.exec(text)) tokens.push(match[1] ?? '')
  return tokens
}

const peek = (reader: Reader): string => reader.tokens[reader.at] ?? ''
const next = (reader: Reader): string => reader.tokens[reader.at++] ?? ''

function parseRequirement(reader: Reader): Requirement {
  let key = next(reader)
  const negated = key === '!'
  if (negated) key = next(reader)
  if (key === '' || isSymbol(key)) fail(`found '${key}', expected: identifier`, { code: 'bad-label-selector' })
  checkKey(key)
  const after = peek(reader)
  if (negated) return labels => !labels.has(key)
  if (after === '' || after === ',') return labels => labels.has(key)
  const operator = next(reader)
  switch (operator) {
    case '=':
    case '==': {
      const value = exactValue(reader, key)
      return labels => labels.get(key) === value
    }
    case '!=': {
      const value = exactValue(reader, key)
      return labels => labels.get(key) !== value
    }
    case 'in': {
      const values = valueSet(reader, key)
      return labels => labels.has(key) && values.has(labels.get(key) ?? '')
    }
    case 'notin': {
      const values = valueSet(reader, key)
      return labels => !labels.has(key) || !values.has(labels.get(key) ?? '')
    }
    case '>':
    case '<': {
      const limit = exactValue(reader, key)
      if (!/^[-+]?\d+$/.test(limit)) fail("for 'Gt', 'Lt' operators, the value must be an integer")
      return labels => {
        const value = labels.get(key) ?? ''
        if (!/^[-+]?\d+$/.test(value)) return false
        return operator === '>' ? BigInt(value) > BigInt(limit) : BigInt(value) < BigInt(limit)
      }
    }
    default:
      return fail(`found '${operator}', expected: '=', '!=', '==', 'in', notin'`, { code: 'bad-label-selector' })
  }
}

function exactValue(reader: Reader, key: string): string {
  const token = peek(reader)
  if (token === '' || token === ',') return ''
  reader.at++
  if (isSymbol(token)) fail(`found '${token}', expected: identifier`, { code: 'bad-label-selector' })
  return checkValue(key, token)
}

function valueSet(reader: Reader, key: string): ReadonlySet<string> {
  const open = next(reader)
  if (open !== '(') fail(`found '${open}' expected: '('`, { code: 'bad-label-selector' })
  const values = new Set<string>()
  let expectValue = true
  for (;;) {
    const token = next(reader)
    if (token === ')') {
      if (expectValue) values.add('')
      return values
    }
    if (token === ',') {
      if (expectValue) values.add('')
      expectValue = true
    } else if (token === '' || isSymbol(token) || !expectValue)
      fail(`found '${token}', expected: ',' or ')'`, { code: 'bad-label-selector' })
    else {
      values.add(checkValue(key, token))
      expectValue = false
    }
  }
}

const namePattern = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/
const prefixPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

function checkKey(key: string): void {
  const parts = key.split('/')
  const [name = '', prefix] = parts.length === 2 ? [parts[1], parts[0]] : [parts[0]]
  const valid =
    parts.length <= 2 &&
    name.length <= 63 &&
    namePattern.test(name) &&
    (prefix === undefined || (prefix.length <= 253 && prefixPattern.test(prefix)))
  if (!valid)
    fail(`invalid label key ${goQuote(key)}`, {
      code: 'bad-label-selector',
      hint: 'a key is an optional DNS name and a slash, then letters, digits, `-`, `_` and `.`',
    })
}

function checkValue(key: string, value: string): string {
  if (value !== '' && (value.length > 63 || !namePattern.test(value)))
    fail(`invalid label value: ${goQuote(value)}: at key: ${goQuote(key)}`, { code: 'bad-label-selector' })
  return value
}
