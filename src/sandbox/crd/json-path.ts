import { isObject, type JsonValue } from '../../manifest/json.ts'

type Step =
  | { readonly type: 'field'; readonly name: string }
  | { readonly type: 'index'; readonly index: number }
  | { readonly type: 'slice'; readonly from: number | undefined; readonly to: number | undefined }
  | { readonly type: 'all' }
  | { readonly type: 'recursive' }
  | {
      readonly type: 'filter'
      readonly path: readonly Step[]
      readonly operator: string
      readonly value: JsonValue | undefined
    }

/** Compiles a JSONPath of the simple kind that printer columns use; undefined when it is none. */
export function compilePath(text: string): ((value: JsonValue) => readonly JsonValue[]) | undefined {
  const steps = parseSteps(text.startsWith('.') || text.startsWith('[') || text.startsWith('$') ? text : `.${text}`)
  return steps === undefined ? undefined : value => evaluate(steps, [value])
}

function parseSteps(text: string): readonly Step[] | undefined {
  const steps: Step[] = []
  let rest = text.startsWith('$') ? text.slice(1) : text
  while (rest !== '') {
    const deep = /^\.\./.exec(rest)
    if (deep !== null) {
      steps.push({ type: 'recursive' })
      rest = rest.slice(1)
    }
    const field = /^\.((?:\\.|[^.[\]\\])+)/.exec(rest)
    if (field !== null) {
      const name = field[1]!.replace(/\\(.)/g, '$1')
      steps.push(name === '*' ? { type: 'all' } : { type: 'field', name })
      rest = rest.slice(field[0].length)
      continue
    }
    if (rest === '.') return steps
    if (!rest.startsWith('[')) return undefined
    const end = closing(rest)
    if (end < 0) return undefined
    const step = bracket(rest.slice(1, end).trim())
    if (step === undefined) return undefined
    steps.push(step)
    rest = rest.slice(end + 1)
  }
  return steps
}

function closing(text: string): number {
  let quote = ''
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if (quote !== '') {
      if (char === '\\') at++
      else if (char === quote) quote = ''
    } else if (char === '"' || char === "'") quote = char
    else if (char === '[') depth++
    else if (char === ']' && --depth === 0) return at
  }
  return -1
}

function bracket(inner: string): Step | undefined {
  if (inner === '*') return { type: 'all' }
  if (/^-?\d+$/.test(inner)) return { type: 'index', index: Number(inner) }
  const slice = /^(-?\d*):(-?\d*)$/.exec(inner)
  if (slice !== null) {
    const bound = (part: string | undefined) => (part === undefined || part === '' ? undefined : Number(part))
    return { type: 'slice', from: bound(slice[1]), to: bound(slice[2]) }
  }
  const quoted = /^'((?:\\.|[^'])*)'$|^"((?:\\.|[^"])*)"$/.exec(inner)
  if (quoted !== null) return { type: 'field', name: (quoted[1] ?? quoted[2] ?? '').replace(/\\(.)/g, '$1') }
  const filter = /^\?\(\s*@(.*?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?)\s*)?\)$/s.exec(inner)
  if (filter === null) return undefined
  const path = parseSteps(filter[1]!)
  return path === undefined ? undefined : { type: 'filter', path, operator: filter[2] ?? '', value: literal(filter[3]) }
}

function literal(text: string | undefined): JsonValue | undefined {
  if (text === undefined) return undefined
  const quoted = /^(['"])(.*)\1$/s.exec(text)
  if (quoted !== null) return quoted[2]!.replace(/\\(.)/g, '$1')
  if (text === 'true' || text === 'false') return text === 'true'
  return Number.isNaN(Number(text)) ? text : Number(text)
}

function evaluate(steps: readonly Step[], values: readonly JsonValue[]): readonly JsonValue[] {
  return steps.reduce<readonly JsonValue[]>((found, step) => found.flatMap(value => follow(step, value)), values)
}

function follow(step: Step, value: JsonValue): readonly JsonValue[] {
  const items = Array.isArray(value) ? (value as readonly JsonValue[]) : undefined
  switch (step.type) {
    case 'field': {
      const found = isObject(value) && Object.hasOwn(value, step.name) ? value[step.name] : undefined
      return found === undefined ? [] : [found]
    }
    case 'index':
      return items?.slice(step.index, step.index === -1 ? undefined : step.index + 1) ?? []
    case 'slice':
      return items?.slice(step.from, step.to) ?? []
    case 'all':
      return children(value)
    case 'recursive':
      return [value, ...children(value).flatMap(item => follow(step, item))]
    case 'filter':
      return (items ?? []).filter(item => holds(step, item))
  }
}

function children(value: JsonValue): readonly JsonValue[] {
  if (Array.isArray(value)) return value as readonly JsonValue[]
  return isObject(value) ? Object.values(value).filter(item => item !== undefined) : []
}

function holds({ path, operator, value }: Step & { type: 'filter' }, item: JsonValue): boolean {
  const found = evaluate(path, [item])[0]
  if (operator === '') return found !== undefined
  if (found === undefined || value === undefined) return false
  switch (operator) {
    case '==':
      return found === value
    case '!=':
      return found !== value
    default:
      return typeof found === typeof value && compare(found as number, value as number, operator)
  }
}

function compare(left: number | string, right: number | string, operator: string): boolean {
  if (operator === '<') return left < right
  if (operator === '<=') return left <= right
  return operator === '>' ? left > right : left >= right
}
