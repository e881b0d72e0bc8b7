/*
 * The most that an expression can cost, before it runs: cel-go's `checker/cost.go`, with the sizes that a schema allows.
 * Costs and sizes saturate at infinity, where cel-go's do at 2^64.
 */
import { type CelNode, functionOf, operandsOf } from './ast.ts'
import { AUTHORIZATION_COST, LIST_COST, MAP_COST, macroBase, REGEX, stepBase, TRAVERSAL, workOf } from './cost.ts'

export type SizedKind = 'list' | 'map' | 'object' | 'string' | 'bytes' | 'scalar' | 'dyn'

/** The type of a value, with how large it can get. */
export interface SizedType {
  readonly kind: SizedKind
  /** Items, entries or characters; 0 for what has no size. */
  readonly maxElements: number
  /** The least number of bytes that a value takes as JSON. */
  readonly minSerializedSize: number
  /** Of lists and maps. */
  readonly element?: SizedType
  readonly fields?: ReadonlyMap<string, SizedType>
}

interface Size {
  readonly min: number
  readonly max: number
}

interface Estimate {
  readonly cost: number
  readonly size: Size | undefined
  readonly kind: SizedKind
  /** What the value is made of, where that is known: then its parts have sizes too. */
  readonly type?: SizedType | undefined
  /** Sizes of the items of a list, or of the values of a map, that the expression makes. */
  readonly element?: Size | undefined
}

const UNKNOWN: Size = { min: 0, max: Number.POSITIVE_INFINITY }
const ONE: Size = { min: 1, max: 1 }
const KEY: SizedType = { kind: 'string', maxElements: 0, minSerializedSize: 2 }

type Scope = ReadonlyMap<string, Estimate>

/** The most that a checked expression can cost, its variables being of these types. */
export function estimateCost(root: CelNode, variables: Readonly<Record<string, SizedType>>): number {
  const scope = new Map(Object.entries(variables).map(([name, type]) => [name, ofType(type, 0)]))
  return estimate(root, scope).cost
}

function ofType(type: SizedType, cost: number): Estimate {
  return { cost, kind: type.kind, type, size: { min: 0, max: type.maxElements } }
}

function scalar(cost: number): Estimate {
  return { cost, kind: 'scalar', size: ONE }
}

function sizeOf({ size }: Estimate): Size {
  return size ?? UNKNOWN
}

function times(count: number, factor: number): number {
  return count === 0 || factor === 0 ? 0 : Math.ceil(count * factor)
}

function estimate(node: CelNode, scope: Scope): Estimate {
  switch (node.op) {
    case 'value':
      return literal(node.args)
    case 'id': {
      const known = scope.get(node.args as string)
      return known === undefined ? { cost: 1, kind: 'dyn', size: undefined } : { ...known, cost: 1 }
    }
    case '.':
    case '.?':
      return select(estimate(operandsOf(node)[0]!, scope), (node.args as readonly [unknown, string])[1])
    case '[]':
    case '[?]':
      return index(node, scope)
    case 'list': {
      const items = operandsOf(node).map(item => estimate(item, scope))
      const count = items.length
      return {
        cost: sum(items) + LIST_COST,
        kind: 'list',
        size: { min: count, max: count },
        element: unionOf(items),
        type: items[0]?.type === undefined ? undefined : { ...LIST, element: items[0].type },
      }
    }
    case 'map': {
      const items = operandsOf(node).map(item => estimate(item, scope))
      const count = items.length / 2
      return { cost: sum(items) + MAP_COST, kind: 'map', size: { min: count, max: count }, element: unionOf(items) }
    }
    case '&&':
    case '||':
      return scalar(sum(operandsOf(node).map(one => estimate(one, scope))))
    case '?:': {
      const [condition, yes, no] = operandsOf(node).map(one => estimate(one, scope)) as [Estimate, Estimate, Estimate]
      const size = unionOf([yes, no])
      return { ...yes, cost: condition.cost + Math.max(yes.cost, no.cost), size, element: undefined }
    }
    case 'call':
    case 'rcall':
      return call(node, scope)
    default:
      return operator(node, scope)
  }
}

const LIST: SizedType = { kind: 'list', maxElements: 0, minSerializedSize: 2 }

function literal(value: unknown): Estimate {
  const text = typeof value === 'string' || value instanceof Uint8Array
  const length = typeof value === 'string' ? [...value].length : text ? value.length : 1
  const kind = typeof value === 'string' ? 'string' : text ? 'bytes' : 'scalar'
  return { cost: 0, kind, size: { min: length, max: length } }
}

function sum(estimates: readonly Estimate[]): number {
  return estimates.reduce((total, { cost }) => total + cost, 0)
}

function unionOf(estimates: readonly Estimate[]): Size {
  if (estimates.length === 0) return { min: 0, max: 0 }
  const sizes = estimates.map(sizeOf)
  return { min: Math.min(...sizes.map(({ min }) => min)), max: Math.max(...sizes.map(({ max }) => max)) }
}

function select(target: Estimate, field: string): Estimate {
  const cost = target.cost + (target.kind === 'map' || target.kind === 'object' ? 1 : 0)
  const type = target.type?.fields?.get(field) ?? (target.kind === 'map' ? target.type?.element : undefined)
  return type === undefined ? { cost, kind: 'dyn', size: undefined } : ofType(type, cost)
}

function index(node: CelNode, scope: Scope): Estimate {
  const [target, key] = operandsOf(node).map(one => estimate(one, scope)) as [Estimate, Estimate]
  const cost = target.cost + key.cost + 1
  if (target.type?.element !== undefined) return ofType(target.type.element, cost)
  return { cost, kind: 'dyn', size: target.element }
}

function operator(node: CelNode, scope: Scope): Estimate {
  const operands = operandsOf(node).map(one => estimate(one, scope))
  const cost = sum(operands)
  const [a, b] = operands
  if (a === undefined || b === undefined) return scalar(cost + 1)
  const [left, right] = [sizeOf(a), sizeOf(b)]
  const couldBeText = ['string', 'bytes', 'dyn'].includes(a.kind) && ['string', 'bytes', 'dyn'].includes(b.kind)
  switch (node.op) {
    case '==':
    case '!=':
      return scalar(cost + times(Math.min(left.max, right.max), TRAVERSAL))
    case '<':
    case '<=':
    case '>':
    case '>=':
      return scalar(cost + (couldBeText ? Math.max(1, times(Math.min(left.max, right.max), TRAVERSAL)) : 1))
    case '+': {
      const size = { min: left.min + right.min, max: left.max + right.max }
      if (a.kind === 'list') return { ...a, cost: cost + 1, size }
      if (!couldBeText) return scalar(cost + 1)
      return { cost: cost + times(size.max, TRAVERSAL), kind: a.kind, size }
    }
    case 'in':
      return scalar(cost + (b.kind === 'map' || b.kind === 'object' ? 1 : right.max))
    default:
      return scalar(cost + 1)
  }
}

const MACROS = ['all', 'exists', 'exists_one', 'map', 'filter']

function call(node: CelNode, scope: Scope): Estimate {
  const name = functionOf(node) ?? ''
  if (node.op === 'rcall' && MACROS.includes(name) && node.meta.alternate !== undefined)
    return comprehension(name, node, scope)
  const operands = operandsOf(node)
  if (name === 'has') return scalar(operands[0] === undefined ? 0 : estimate(operandsOf(operands[0])[0]!, scope).cost)
  if (name === 'dyn' && operands[0] !== undefined) {
    const inner = estimate(operands[0], scope)
    return { ...inner, cost: inner.cost + 1 }
  }
  const values = operands.map(one => estimate(one, scope))
  return called(name, values, sum(values))
}

function called(name: string, values: readonly Estimate[], cost: number): Estimate {
  const [first, second] = values
  const size = first === undefined ? UNKNOWN : sizeOf(first)
  const other = second === undefined ? UNKNOWN : sizeOf(second)
  const text = (extra: number, result: Size): Estimate => ({ cost: cost + extra, kind: 'string', size: result })
  switch (workOf(name)) {
    case 'authorization':
      return { cost: cost + AUTHORIZATION_COST, kind: 'dyn', size: undefined }
    case 'items': {
      if (first?.kind !== 'list') return scalar(cost + times(size.max, TRAVERSAL))
      const { element } = first.type ?? {}
      const isText = element?.kind === 'string' || element?.kind === 'bytes'
      return scalar(cost + times(size.max, 1 + (isText ? times(element.maxElements, TRAVERSAL) : 0)))
    }
    case 'text':
      return text(times(size.max, TRAVERSAL), size)
    case 'value':
      return scalar(cost + times(size.max, TRAVERSAL))
    case 'replace':
      return text(times(size.max, 2 * TRAVERSAL), { min: 0, max: replacedSize(size, other, sizeOf(values[2]!)) })
    case 'split':
      return { cost: cost + times(size.max, 2 * TRAVERSAL), kind: 'list', size: { min: 0, max: size.max } }
    case 'join': {
      const item = first?.type?.element?.maxElements ?? first?.element?.max ?? 0
      const separators = second === undefined ? 0 : times(other.max, Math.max(0, size.max - 1))
      const max = times(size.max, item) + separators
      return text(times(max, TRAVERSAL), { min: 0, max })
    }
    case 'find':
      return text(patternCost(size, other), { min: 0, max: size.max })
    case 'matches':
      return scalar(cost + patternCost(size, other))
    case 'contains':
      return scalar(cost + times(times(size.max, TRAVERSAL), times(other.max, TRAVERSAL)))
    case 'affix':
      return scalar(cost + times(other.max, TRAVERSAL))
    case 'format':
      return { cost: cost + times(size.max, TRAVERSAL), kind: 'string', size: undefined }
    case 'bytes':
      return { cost: cost + times(size.max, TRAVERSAL), kind: 'bytes', size: { min: size.min, max: size.max * 4 } }
    default:
      return simpleCall(name, first, cost)
  }
}

function patternCost(text: Size, pattern: Size): number {
  return times(times(text.max + 1, TRAVERSAL), times(pattern.max, REGEX))
}

function simpleCall(name: string, first: Estimate | undefined, cost: number): Estimate {
  switch (name) {
    case 'string': {
      const extra = first?.kind === 'bytes' ? times(sizeOf(first).max, TRAVERSAL) : 1
      return { cost: cost + extra, kind: 'string', size: undefined }
    }
    case 'orValue':
    case 'value':
      return { ...(first ?? scalar(0)), cost: cost + 1 }
    case 'size':
    case 'int':
    case 'double':
    case 'bool':
    case 'hasValue':
      return scalar(cost + 1)
    default:
      return { cost: cost + 1, kind: 'dyn', size: undefined }
  }
}

/** How long a text can get when its parts are replaced. */
function replacedSize(size: Size, from: Size, to: Size): number {
  if (from.min === 0) return times(size.max + 1, to.max) + size.max
  if (to.max <= from.min) return size.max
  return times(Math.ceil(size.max / from.min), to.max)
}

function comprehension(name: string, node: CelNode, scope: Scope): Estimate {
  const [range, variable, ...bodies] = operandsOf(node)
  const over = estimate(range!, scope)
  const element = over.type === undefined ? undefined : over.kind === 'list' ? over.type.element : KEY
  const item: Estimate =
    element === undefined ? { cost: 1, kind: 'dyn', size: over.element } : { ...ofType(element, 1) }
  const inner = new Map(scope).set(String(variable?.args), item)
  const [first, last = first] = bodies.map(body => estimate(body, inner)) as [Estimate, Estimate | undefined]
  const filters = name === 'filter' || bodies.length > 1
  const kept = name === 'filter' ? 1 : bodies.length > 1 ? last!.cost : 0
  const step = stepBase(name) + first.cost + kept
  const size = sizeOf(over)
  const cost = over.cost + times(size.max, step) + macroBase(name) + (name === 'map' || filters ? LIST_COST : 0)
  if (name !== 'map' && name !== 'filter') return scalar(cost)
  const made = name === 'filter' ? item : last!
  return {
    cost,
    kind: 'list',
    size,
    element: made.size,
    type: made.type === undefined ? undefined : { ...LIST, maxElements: size.max, element: made.type },
  }
}
