import { Script } from 'node:vm'
import { createEnvironment } from '../../cel/library.ts'
import { scan } from '../../cel/scan.ts'
import { renamedMethods } from '../../cel/strings.ts'
import { fromCel, toCel } from '../../cel/values.ts'
import type { JsonObject, JsonValue } from '../../manifest/json.ts'

/** The value of an expression, or why there is none, in Flux's words. */
export type Evaluated<T> =
  | { readonly value: T; readonly error?: never }
  | { readonly error: string; readonly value?: never }

/** A CEL expression that was compiled once and is evaluated against many objects. It never throws. */
export interface HealthExpression {
  readonly text: string
  evaluate(data: JsonObject): Evaluated<JsonValue>
  evaluateBoolean(data: JsonObject): Evaluated<boolean>
  evaluateString(data: JsonObject): Evaluated<string>
  evaluateStrings(data: JsonObject): Evaluated<readonly string[]>
}

export interface CompileOptions {
  /**
   * Names that the expression may use, each an object; with this the types are checked too. Without it any name may appear
   * and only the syntax is checked, because the top-level fields of a custom resource are not known.
   */
  readonly variables?: readonly string[]
  /** Demands a type; only together with `variables`. */
  readonly outputType?: 'bool' | 'string'
}

/** An expression that loops inside a loop may run this long. */
const TIME_LIMIT_MS = 1000
const MAX_LENGTH = 16 * 1024

/** Compiles a CEL expression as Flux does for `healthCheckExprs` (syntax only) and for `readyExpr` (types too). */
export function compileExpression(text: string, options: CompileOptions = {}): Evaluated<HealthExpression> {
  const { variables, outputType } = options
  if (variables === undefined && outputType !== undefined)
    return { error: 'output type and variables can only be set when compiling the expression' }
  if (text.length > MAX_LENGTH) return { error: `the CEL expression is longer than ${MAX_LENGTH} characters` }
  const scanned = scan(text, renamedMethods)
  try {
    const program = createEnvironment(variables).parse(scanned.text)
    const misused = program.check().error
    if (misused?.code === 'invalid_macro_argument')
      return { error: `failed to parse the CEL expression '${text}': ${wordsOf(misused)}` }
    if (variables !== undefined) {
      const checked = program.check()
      if (!checked.valid) return { error: `failed to parse the CEL expression '${text}': ${wordsOf(checked.error)}` }
      if (outputType !== undefined && checked.type !== outputType)
        return { error: `CEL expression output type mismatch: expected ${outputType}, got ${checked.type}` }
    }
    if (scanned.roots.has('cel')) return { value: createExpression(text, refuseBindings) }
    return { value: createExpression(text, scanned.nesting > 1 ? withDeadline(program) : program) }
  } catch (error) {
    return { error: `failed to parse the CEL expression '${text}': ${wordsOf(error)}` }
  }
}

type Program = (context: Record<string, unknown>) => unknown

/** The evaluator has `cel.bind`, by which a short text can build a huge value; Flux has not. */
function refuseBindings(): never {
  throw new Error('no such attribute(s): cel')
}

/** Nested loops can take the power of the input's size; only the interpreter itself can interrupt them. */
function withDeadline(program: Program): Program {
  const script = new Script('run()')
  return context => script.runInNewContext({ run: () => program(context) }, { timeout: TIME_LIMIT_MS })
}

function createExpression(text: string, program: Program): HealthExpression {
  const run = (data: JsonObject): Evaluated<unknown> => {
    try {
      return { value: program(toCel(data) as Record<string, unknown>) }
    } catch (error) {
      return { error: `failed to evaluate the CEL expression '${text}': ${wordsOf(error)}` }
    }
  }
  return {
    text,
    evaluate(data) {
      const result = run(data)
      if (result.error !== undefined) return { error: result.error }
      const value = fromCel(result.value)
      return value === undefined
        ? { error: `failed to evaluate the CEL expression '${text}': the result has no JSON form` }
        : { value }
    },
    evaluateBoolean(data) {
      const { value, error } = run(data)
      if (error !== undefined) return { error }
      if (typeof value === 'boolean') return { value }
      return { error: `failed to evaluate CEL expression as boolean: '${text}'` }
    },
    evaluateString(data) {
      const { value, error } = run(data)
      if (error !== undefined) return { error }
      return typeof value === 'string' ? { value } : { error: `failed to evaluate CEL expression as string: '${text}'` }
    },
    evaluateStrings(data) {
      const { value, error } = run(data)
      if (error !== undefined) return { error }
      if (Array.isArray(value) && value.every(item => typeof item === 'string')) return { value }
      return { error: `failed to evaluate CEL expression '${text}' as []string: not a list of strings` }
    },
  }
}

function wordsOf(error: unknown): string {
  const { message, summary, code } = error as { message?: string; summary?: string; code?: string }
  if (code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return `took longer than ${TIME_LIMIT_MS} ms`
  return (summary ?? message ?? String(error))
    .replace(/^No such key: /, 'no such key: ')
    .replace(/^Unknown variable: /, 'no such attribute(s): ')
}
