import { labelValueErrors, qualifiedNameErrors } from './label-syntax.ts'

export type SelectorOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt'

/** One condition on one label. `values` are sorted and distinct; empty for `exists` and `!`. */
export interface Requirement {
  readonly key: string
  readonly operator: SelectorOperator
  readonly values: readonly string[]
}

/** All of these must hold, sorted by key; the empty selector selects everything. */
export type Selector = readonly Requirement[]

/** The object form, `metav1.LabelSelector`. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: string
    readonly values?: readonly string[]
  }[]
}

/** A value, or what the API server would say is wrong with its text. */
export type Parsed<T> =
  | { readonly value: T; readonly error?: undefined }
  | { readonly value?: undefined; readonly error: string }

const expressionOperators: Readonly<Record<string, SelectorOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
}

/**
 * Reads the string form (`a=b,c in (x, y),!d,e>5`) by the grammar of apimachinery's `labels.Parse`;
 * errors are in the API server's words.
 */
export function parseSelector(text: string): Parsed<Selector> {
  try {
    return { value: sorted(parseRequirements(scan(text))) }
  } catch (error) {
    if (error instanceof SelectorSyntax) return { error: error.message }
    throw error
  }
}

/**
 * Reads the object form as `metav1.LabelSelectorAsSelector` does. An absent selector is the caller's to judge: it
 * selects nothing in most Kubernetes APIs and everything in some of Flux's.
 */
export function selectorOf(selector: LabelSelector): Parsed<Selector> {
  try {
    const labels = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => requirement(key, '=', [value]))
    const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values }) => {
      const known = Object.hasOwn(expressionOperators, operator) ? expressionOperators[operator] : undefined
      if (known === undefined) throw new SelectorSyntax(`"${operator}" is not a valid label selector operator`)
      return requirement(key, known, values ?? [])
    })
    return { value: sorted([...labels, ...expressions]) }
  } catch (error) {
    if (error instanceof SelectorSyntax) return { error: error.message }
    throw error
  }
}

/** True when every requirement holds for the labels. */
export function matchesLabels(selector: Selector, labels: Readonly<Record<string, string>> | undefined): boolean {
  return selector.every(one => holds(one, labels))
}

/** The canonical string form, which `parseSelector` reads back to the same selector. */
export function formatSelector(selector: Selector): string {
  return selector.map(formatRequirement).join(',')
}

function holds({ key, operator, values }: Requirement, labels: Readonly<Record<string, string>> | undefined): boolean {
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value)
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value)
    case 'exists':
      return value !== undefined
    case '!':
      return value === undefined
    case 'gt':
    case 'lt': {
      const left = int64(value)
      const right = int64(values[0])
      if (left === undefined || right === undefined) return false
      return operator === 'gt' ? left > right : left < right
    }
  }
}

function formatRequirement({ key, operator, values }: Requirement): string {
  switch (operator) {
    case 'exists':
      return key
    case '!':
      return `!${key}`
    case 'in':
    case 'notin':
      return `${key} ${operator} (${values.join(',')})`
    case 'gt':
      return `${key}>${values[0]}`
    case 'lt':
      return `${key}<${values[0]}`
    default:
      return `${key}${operator}${values[0]}`
  }
}

/** Checks what `labels.NewRequirement` checks; several problems are printed as a list in brackets, as Go aggregates do. */
function requirement(key: string, operator: SelectorOperator, given: readonly string[]): Requirement {
  const values = [...new Set(given)].sort(byText)
  const errors: string[] = []
  const invalidKey = qualifiedNameErrors(key)
  if (invalidKey.length > 0) errors.push(`key: ${invalid(key, invalidKey)}`)
  const all = `[]string{${values.map(quote).join(', ')}}`
  const wrong = (rule: string) => errors.push(`values: Invalid value: ${all}: ${rule}`)
  if (operator === 'in' || operator === 'notin') {
    if (values.length === 0) wrong("for 'in', 'notin' operators, values set can't be empty")
  } else if (operator === 'exists' || operator === '!') {
    if (values.length > 0) wrong('values set must be empty for exists and does not exist')
  } else if (operator === 'gt' || operator === 'lt') {
    if (values.length !== 1) wrong("for 'Gt', 'Lt' operators, exactly one value is required")
    values.forEach((value, index) => {
      if (int64(value) === undefined)
        errors.push(`values[${index}]: ${invalid(value, ["for 'Gt', 'Lt' operators, the value must be an integer"])}`)
    })
  } else if (values.length !== 1) wrong('exact-match compatibility requires one single value')
  values.forEach((value, index) => {
    const problems = labelValueErrors(value)
    if (problems.length > 0) errors.push(`values[${index}][${key}]: ${invalid(value, problems)}`)
  })
  if (errors.length > 0) throw new SelectorSyntax(errors.length === 1 ? errors.join() : `[${errors.join(', ')}]`)
  return { key, operator, values }
}

function invalid(value: string, problems: readonly string[]): string {
  return `Invalid value: ${quote(value)}: ${problems.join('; ')}`
}

interface Token {
  readonly type: 'word' | 'symbol' | 'bad' | 'end'
  readonly text: string
}

const SYMBOLS = ['(', ')', ',', '!', '!=', '=', '==', '>', '<']
const END: Token = { type: 'end', text: '' }
const isSymbol = (char: string | undefined) => char !== undefined && '=!(),><'.includes(char)
const isSpace = (char: string | undefined) => char !== undefined && ' \t\r\n'.includes(char)

function scan(text: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    if (isSpace(text[at])) {
      at++
      continue
    }
    const start = at
    if (isSymbol(text[at])) {
      const two = text.slice(at, at + 2)
      at += SYMBOLS.includes(two) ? 2 : 1
      tokens.push({ type: 'symbol', text: text.slice(start, at) })
      continue
    }
    while (at < text.length && !isSymbol(text[at]) && !isSpace(text[at])) at++
    tokens.push({ type: 'word', text: text.slice(start, at) })
  }
  return tokens
}

function parseRequirements(tokens: readonly Token[]): Requirement[] {
  const requirements: Requirement[] = []
  let at = 0
  const peek = () => tokens[at] ?? END
  const next = () => tokens[at++] ?? END
  const is = (token: Token, symbol: string) => token.type === 'symbol' && token.text === symbol
  const startsRequirement = (token: Token) => token.type === 'word' || is(token, '!')

  if (peek().type === 'end') return []
  if (!startsRequirement(peek())) throw expected(peek(), ", expected: !, identifier, or 'end of string'")
  for (;;) {
    try {
      requirements.push(parseOne())
    } catch (error) {
      if (error instanceof SelectorSyntax) throw new SelectorSyntax(`unable to parse requirement: ${error.message}`)
      throw error
    }
    const separator = next()
    if (separator.type === 'end') return requirements
    if (!is(separator, ',')) throw expected(separator, ", expected: ',' or 'end of string'")
    if (!startsRequirement(peek())) throw expected(peek(), ", expected: identifier after ','")
  }

  function parseOne(): Requirement {
    const negated = is(peek(), '!')
    if (negated) next()
    const key = next()
    if (key.type !== 'word') throw expected(key, ', expected: identifier')
    const problems = qualifiedNameErrors(key.text)
    if (problems.length > 0) throw new SelectorSyntax(`<nil>: ${invalid(key.text, problems)}`)
    const ends = peek().type === 'end' || is(peek(), ',')
    if (negated || ends) return requirement(key.text, negated ? '!' : 'exists', [])
    const token = next()
    const operator = operatorOf(token)
    if (operator === undefined) throw expected(token, ', expected: in, notin, =, ==, !=, gt, lt')
    const values = operator === 'in' || operator === 'notin' ? parseSet() : [parseValue()]
    return requirement(key.text, operator, values)
  }

  function parseValue(): string {
    if (peek().type === 'end' || is(peek(), ',')) return ''
    const token = next()
    if (token.type !== 'word') throw expected(token, ', expected: identifier')
    return token.text
  }

  function parseSet(): readonly string[] {
    const open = next()
    if (!is(open, '(')) throw expected(open, " expected: '('")
    if (peek().type !== 'word' && !is(peek(), ',') && !is(peek(), ')'))
      throw expected(peek(), ", expected: ',', ')' or identifier")
    const values: string[] = []
    let value: string | undefined
    for (;;) {
      const token = next()
      if (token.type === 'word') {
        if (value !== undefined) throw expected(token, ", expected: ',' or ')'")
        value = token.text
        continue
      }
      if (!is(token, ',') && !is(token, ')'))
        throw expected(token, value === undefined ? ", expected: ',', or identifier" : ", expected: ',' or ')'")
      values.push(value ?? '')
      value = undefined
      if (is(token, ')')) return values
    }
  }
}

function operatorOf(token: Token): SelectorOperator | undefined {
  switch (token.text) {
    case '=':
    case '==':
    case '!=':
    case 'in':
    case 'notin':
      return token.text
    case '>':
      return 'gt'
    case '<':
      return 'lt'
    default:
      return undefined
  }
}

function int64(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^[+-]?[0-9]{1,40}$/.test(text)) return undefined
  const value = BigInt(text.replace('+', ''))
  return BigInt.asIntN(64, value) === value ? value : undefined
}

function expected(found: Token, what: string): SelectorSyntax {
  return new SelectorSyntax(`found '${found.text}'${what}`)
}

function sorted(requirements: readonly Requirement[]): Selector {
  return requirements.toSorted((a, b) => byText(a.key, b.key))
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function quote(text: string): string {
  return JSON.stringify(text)
}

class SelectorSyntax extends Error {}
