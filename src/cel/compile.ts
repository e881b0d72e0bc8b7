import type { Environment } from '@marcbachmann/cel-js'
import type { CelNode } from './ast.ts'
import { CALL_LIMIT } from './cost.ts'
import { CostLimitExceeded, meterCost } from './cost-meter.ts'
import { scan } from './scan.ts'
import { renamedMethods } from './strings.ts'

/** An expression that was compiled once. */
export interface CompiledExpression {
  readonly text: string
  /** The CEL type of the result as far as it is known: `bool`, `string`, `list`, …, `dyn`. */
  readonly type: string
  /** The checked syntax tree, for estimates of cost. */
  readonly tree: CelNode
  /** What the last evaluation cost. */
  readonly spent: number
  /** The result for these variables. Throws `CostLimitExceeded`, and an `Error` with cel-go's words. */
  evaluate(variables: Readonly<Record<string, unknown>>): unknown
}

/** A compiled expression, or what is wrong with its text in the form of cel-go. */
export type Compilation =
  | { readonly value: CompiledExpression; readonly error?: never }
  | { readonly error: string; readonly value?: never }

interface CelProblem {
  readonly code?: string
  readonly summary?: string
  readonly message: string
  readonly node?: { readonly pos?: number; readonly start?: number }
  readonly range?: { readonly start: number }
}

/** Compiles and checks an expression in an environment with declared variables. It never throws. */
export function compile(environment: Environment, text: string): Compilation {
  const { text: renamed, roots } = scan(text, renamedMethods)
  // The evaluator's `cel.bind` is no part of Kubernetes' or Flux's environment.
  if (roots.has('cel')) return { error: located(text, text.search(/\bcel\b/), undeclared('cel')) }
  try {
    const program = environment.parse(renamed)
    const { valid, type, error } = program.check()
    if (!valid) return { error: problemOf(text, error as unknown as CelProblem) }
    const tree = program.ast as unknown as CelNode
    const meter = meterCost(tree, CALL_LIMIT)
    return {
      value: {
        text,
        type: type ?? 'dyn',
        tree,
        get spent() {
          return meter.spent
        },
        evaluate(variables) {
          meter.begin()
          try {
            const result = program(variables as Record<string, unknown>)
            if (meter.spent > CALL_LIMIT) throw new CostLimitExceeded()
            return result
          } catch (error) {
            if (meter.spent > CALL_LIMIT) throw new CostLimitExceeded()
            throw new Error(runtimeWords(error as CelProblem), { cause: error })
          }
        },
      },
    }
  } catch (error) {
    return { error: problemOf(text, error as CelProblem) }
  }
}

function undeclared(name: string): string {
  return `undeclared reference to '${name}' (in container '')`
}

function problemOf(text: string, problem: CelProblem): string {
  const words = problem.summary ?? problem.message.split('\n')[0] ?? ''
  const position = problem.range?.start ?? problem.node?.pos ?? problem.node?.start ?? 0
  const name = /^Unknown variable: (\S+)/.exec(words)?.[1]
  if (name !== undefined) return located(text, position, undeclared(name))
  const field = /^No such key: (\S+)/.exec(words)?.[1]
  // Of a member access, cel-go marks the dot.
  return field === undefined
    ? located(text, position, words)
    : located(text, position - 1, `undefined field '${field}'`)
}

/** `ERROR: <input>:1:5: words`, with the line and a mark under the place. */
function located(text: string, position: number, words: string): string {
  const before = text.slice(0, position)
  const line = before.split('\n').length
  const start = before.lastIndexOf('\n') + 1
  const end = text.indexOf('\n', position)
  const column = [...text.slice(start, position)].length
  const shown = text.slice(start, end < 0 ? undefined : end)
  return `ERROR: <input>:${line}:${column + 1}: ${words}\n | ${shown}\n | ${'.'.repeat(column)}^`
}

function runtimeWords({ summary, message }: CelProblem): string {
  const words = summary ?? message.split('\n')[0] ?? ''
  if (words.startsWith('no such overload') || words.startsWith('found no matching overload')) return 'no such overload'
  const index = /^No such key: index out of bounds, index (-?\d+)/.exec(words)?.[1]
  if (index !== undefined) return `index out of bounds: ${index}`
  return words.replace(/^No such key: /, 'no such key: ').replace(/^Unknown variable: /, 'no such attribute(s): ')
}
