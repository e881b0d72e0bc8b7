import type { Compilation } from '../../cel/compile.ts'
import { BUDGET, CONDITIONS_BUDGET } from '../../cel/cost.ts'
import type { Condition, Policy, Validation } from './policy.ts'

/** What one validation of a policy says. */
export interface Denial {
  readonly message: string
  readonly reason: string
}

type Variables = Readonly<Record<string, unknown>>

type Outcome = { readonly value: unknown; readonly error?: never } | { readonly error: string; readonly value?: never }

const MAX_MESSAGE = 5 * 1024

/** What evaluations may still cost together. */
interface Budget {
  left: number
}

const OUT_OF_BUDGET = 'validation failed due to running out of cost budget, no further validation rules will be run'

/** No more evaluations: what was found before does not count. */
class OutOfBudget extends Error {
  override readonly name = 'OutOfBudget'

  constructor() {
    super(OUT_OF_BUDGET)
  }
}

/**
 * Evaluates a policy for one request: the denials, in order, and errors of expressions as denials where the policy fails
 * closed. Follows `validator.Validate` of k8s.io/apiserver.
 */
export function evaluatePolicy(policy: Policy, activation: Variables): readonly Denial[] {
  const failure = (message: string): readonly Denial[] => (policy.failsClosed ? [{ message, reason: 'Invalid' }] : [])
  const matched = meets(policy.conditions, policy.failsClosed, activation)
  if (matched.error !== undefined) return failure(matched.error)
  if (!matched.value) return []
  try {
    return [...validationDenials(policy, activation, failure), ...annotationErrors(policy, activation, failure)]
  } catch (error) {
    if (error instanceof OutOfBudget) return failure(error.message)
    throw error
  }
}

type Failure = (message: string) => readonly Denial[]

function validationDenials(policy: Policy, activation: Variables, failure: Failure): readonly Denial[] {
  const { validations } = policy
  const budget: Budget = { left: BUDGET }
  const variables = () => ({ ...activation, variables: lazyVariables(policy.variables, activation, budget) })
  const forChecks = variables()
  const outcomes = validations.map(({ compiled, text }) => run(compiled, text, forChecks, budget))
  // Messages are made for all, whether they are needed or not, of what the validations have left.
  const forMessages = variables()
  const messages = withinBudget(() =>
    validations.map(({ messageExpression: compiled }) =>
      compiled === undefined ? undefined : run(compiled, '', forMessages, budget),
    ),
  )
  return validations.flatMap((validation, index): readonly Denial[] => {
    const outcome = outcomes[index]!
    if (outcome.error !== undefined) return failure(outcome.error)
    if (messages === undefined) return failure(`failed messageExpression: ${OUT_OF_BUDGET}`)
    if (outcome.value === true) return []
    return [{ message: messageOf(validation, messages[index]), reason: validation.reason }]
  })
}

function annotationErrors(policy: Policy, activation: Variables, failure: Failure): readonly Denial[] {
  const budget: Budget = { left: BUDGET }
  const variables = { ...activation, variables: lazyVariables(policy.variables, activation, budget) }
  return policy.auditAnnotations.flatMap(({ compiled, text }) => {
    const outcome = run(compiled, text, variables, budget)
    return outcome.error === undefined ? [] : failure(outcome.error)
  })
}

/** Whether all match conditions hold. One that is false decides; errors count only where none is false. */
export function meets(
  conditions: readonly Condition[],
  failsClosed: boolean,
  activation: Variables,
): { readonly value: boolean; readonly error?: never } | { readonly error: string; readonly value?: never } {
  const errors: string[] = []
  const budget: Budget = { left: CONDITIONS_BUDGET }
  for (const { compiled, text } of conditions) {
    const outcome = withinBudget(() => run(compiled, text, activation, budget))
    if (outcome === undefined) return failsClosed ? { error: OUT_OF_BUDGET } : { value: false }
    if (outcome.error !== undefined) errors.push(outcome.error)
    else if (outcome.value === false) return { value: false }
  }
  if (errors.length === 0) return { value: true }
  if (!failsClosed) return { value: false }
  return { error: errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]` }
}

/** Throws `OutOfBudget`. */
function run(compiled: Compilation, text: string, variables: Variables, budget: Budget): Outcome {
  if (compiled.error !== undefined) return { error: `compilation error: ${compiled.error}` }
  let outcome: Outcome
  try {
    outcome = { value: compiled.value.evaluate(variables) }
  } catch (error) {
    outcome = { error: `expression '${text}' resulted in error: ${(error as Error).message}` }
  }
  budget.left -= compiled.value.spent
  if (budget.left < 0) throw new OutOfBudget()
  return outcome
}

/** Undefined where the budget is used up. */
function withinBudget<T>(evaluate: () => T): T | undefined {
  try {
    return evaluate()
  } catch (error) {
    if (error instanceof OutOfBudget) return undefined
    throw error
  }
}

function messageOf({ message, text }: Validation, outcome: Outcome | undefined): string {
  const computed = outcome !== undefined && typeof outcome.value === 'string' ? outcome.value.trim() : ''
  const usable = computed !== '' && Buffer.byteLength(computed) <= MAX_MESSAGE && !computed.includes('\n')
  if (usable) return computed
  return message === '' ? `failed expression: ${text.trim()}` : message
}

/** `variables` of a policy: each is computed when it is first asked for, from those before it. */
function lazyVariables(declared: readonly Condition[], activation: Variables, budget: Budget): object {
  const values: object = Object.create(null)
  const all = { ...activation, variables: values }
  for (const { name, compiled } of declared) {
    let known: { readonly value: unknown } | undefined
    Object.defineProperty(values, name, {
      enumerable: true,
      get() {
        if (compiled.error !== undefined)
          throw new Error(`composited variable ${JSON.stringify(name)} fails to compile: ${compiled.error}`)
        known ??= { value: evaluated(name, compiled) }
        return known.value
      },
    })
  }
  return values

  function evaluated(name: string, compiled: Compilation): unknown {
    try {
      return compiled.value?.evaluate(all)
    } catch (error) {
      throw new Error(`composited variable ${JSON.stringify(name)} fails to evaluate: ${(error as Error).message}`)
    } finally {
      budget.left -= compiled.value?.spent ?? 0
    }
  }
}
