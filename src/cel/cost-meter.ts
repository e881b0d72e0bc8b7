import { Optional } from '@marcbachmann/cel-js'
import { type CelNode, type Comprehension, functionOf, operandsOf } from './ast.ts'
import { AUTHORIZATION_COST, LIST_COST, MAP_COST, macroBase, REGEX, stepBase, TRAVERSAL, workOf } from './cost.ts'

/** An evaluation that got too expensive. */
export class CostLimitExceeded extends Error {
  override readonly name = 'CostLimitExceeded'

  constructor() {
    super('operation cancelled: actual cost limit exceeded')
  }
}

/** Counts what evaluations of one syntax tree cost. */
export interface CostMeter {
  /** Starts at zero. */
  begin(): void
  readonly spent: number
}

/** Puts a meter on each node of a tree that was checked. Evaluations stop with `CostLimitExceeded` at the limit. */
export function meterCost(root: CelNode, limit: number): CostMeter {
  const values = new Map<CelNode, unknown>()
  let spent = 0
  const metered = new Set<CelNode>()

  function meter(node: CelNode, isStepOf?: string): void {
    if (metered.has(node)) return
    metered.add(node)
    const { alternate, macro } = node.meta
    const { evaluate } = node.meta
    if (alternate !== undefined) {
      meterChildren(alternate, functionOf(node) ?? '')
      const own = macroBase(functionOf(node) ?? '')
      wrap(
        node,
        (evaluator, _node, context) => alternate.evaluate(evaluator, alternate, context),
        () => own,
      )
    } else if (macro !== undefined) {
      for (const operand of operandsOf(node)) meter(operand)
      const own = functionOf(node) === 'has' ? selectsIn(operandsOf(node)[0]) - 1 : 1
      wrap(
        node,
        (evaluator, _node, context) => macro.evaluate(evaluator, macro, context),
        () => own,
      )
    } else {
      for (const operand of operandsOf(node)) meter(operand)
      const operands = operandsOf(node)
      const step = isStepOf === undefined ? 0 : stepBase(isStepOf)
      wrap(
        node,
        evaluate,
        result =>
          step +
          costOf(
            node,
            operands.map(operand => values.get(operand)),
            result,
          ),
      )
    }
  }

  function meterChildren(alternate: CelNode, name: string): void {
    if (alternate.op !== 'comprehension') return
    const { iterable, step } = alternate.args as Comprehension
    meter(iterable)
    meter(step, name)
    // The nodes that push to the result stand for no text of their own; what they push does.
    for (const operand of operandsOf(step)) if (operand.op === 'accuPush') meter(operand.args as CelNode)
    if (step.op === 'accuPush') meter(step.args as CelNode)
  }

  function wrap(node: CelNode, evaluate: CelNode['evaluate'], cost: (result: unknown) => number): void {
    node.evaluate = (evaluator, _node, context) => {
      if (spent > limit) throw new CostLimitExceeded()
      const result = evaluate(evaluator, node, context)
      spent += cost(result)
      values.set(node, result)
      return result
    }
  }

  meter(root)
  return {
    begin() {
      spent = 0
      values.clear()
    },
    get spent() {
      return spent
    },
  }
}

/** Fields on the way to a value: two in `self.a.b`. */
function selectsIn(node: CelNode | undefined): number {
  return node?.op === '.' ? 1 + selectsIn(operandsOf(node)[0]) : 0
}

function costOf(node: CelNode, values: readonly unknown[], result: unknown): number {
  const [a, b] = values
  switch (node.op) {
    case 'value':
    case '?:':
    case '&&':
    case '||':
    case 'accuPush':
    case 'accuValue':
    case 'accuInc':
      return 0
    case 'list':
      return operandsOf(node).every(({ op }) => op === 'value') ? 0 : LIST_COST
    case 'map':
      return operandsOf(node).every(({ op }) => op === 'value') ? 0 : MAP_COST
    case '==':
    case '!=':
      return Math.ceil(Math.min(sizeOf(a), sizeOf(b)) * TRAVERSAL)
    case '<':
    case '<=':
    case '>':
    case '>=':
      return isText(a) ? Math.ceil(Math.min(sizeOf(a), sizeOf(b)) * TRAVERSAL) : 1
    case '+':
      return isText(a) ? Math.ceil((sizeOf(a) + sizeOf(b)) * TRAVERSAL) : 1
    case 'in':
      return Array.isArray(b) ? b.length : 1
    case 'call':
    case 'rcall':
      return callCost(functionOf(node) ?? '', values, result)
    default:
      return 1
  }
}

/** What a call costs beside its arguments; the target of a method comes first. */
function callCost(name: string, values: readonly unknown[], result: unknown): number {
  const [size, second] = [sizeOf(values[0]), sizeOf(values[1])]
  switch (workOf(name)) {
    case 'authorization':
      return AUTHORIZATION_COST
    case 'items':
      return traversal(values[0])
    case 'text':
    case 'value':
    case 'affix':
    case 'format':
    case 'bytes':
      return Math.ceil(size * TRAVERSAL)
    case 'replace':
    case 'split':
      return Math.ceil(size * 2 * TRAVERSAL)
    case 'join':
      return Math.ceil(sizeOf(result) * 2 * TRAVERSAL)
    case 'find':
    case 'matches':
      return Math.ceil((1 + size) * TRAVERSAL) * Math.ceil(second * REGEX)
    case 'contains':
      return Math.ceil(size * TRAVERSAL) * Math.ceil(second * TRAVERSAL)
    default:
      return 1
  }
}

function traversal(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + traversal(item), 0)
  return isText(value) ? Math.ceil(sizeOf(value) * TRAVERSAL) : 1
}

function isText(value: unknown): value is string | Uint8Array {
  return typeof value === 'string' || value instanceof Uint8Array
}

function sizeOf(value: unknown): number {
  if (isText(value) || Array.isArray(value)) return value.length
  if (value instanceof Optional) return value.hasValue() ? sizeOf(value.value()) : 1
  if (typeof value !== 'object' || value === null) return 1
  return Object.getPrototypeOf(value) === null ? Object.keys(value).length : 1
}
