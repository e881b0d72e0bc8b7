import type { Compilation } from '../../cel/compile.ts'
import type { Condition, Policy, Validation } from './policy.ts'

/** What one validation of a policy says. */
export interface Denial {
  readonly message: string
  readonly reason: string
}

type Variables = Readonly<Record<string, unknown>>

type Outcome = { readonly value: unknown; readonly error?: never } | { readonly error: string; readonly value?: never }

const MAX_MESSAGE = 5 * 1024

/**
 * Evaluates a policy for one request: the denials, in order, and errors of expressions as denials where the policy fails
 * closed. Follows `validator.Validate` of k8s.io/apiserver.
 */
export function evaluatePolicy(policy: Policy, activation: Variables): readonly Denial[] {
  const failure = (message: string): readonly Denial[] => (policy.failsClosed ? [{ message, reason: 'Invalid' }] : [])
  const matched = meets(policy.conditions, policy.failsClosed, activation)
  if (matched.error !== undefined) return failure(matched.error)
  if (!matched.value) return []
  const variables = { ...activation, variables: lazyVariables(policy.variables, activation) }
  const denials = policy.validations.flatMap((validation): readonly Denial[] => {
    const outcome = run(validation.compiled, validation.text, variables)
    if (outcome.error !== undefined) return failure(outcome.error)
    if (outcome.value === true) return []
    return [{ message: messageOf(validation, variables), reason: validation.reason }]
  })
  const annotations = policy.auditAnnotations.flatMap(({ compiled, text }): readonly Denial[] => {
    const outcome = run(compiled, text, variables)
    return outcome.error === undefined ? [] : failure(outcome.error)
  })
  return [...denials, ...annotations]
}

/** Whether all match conditions hold. One that is false decides; errors count only where none is false. */
export function meets(
  conditions: readonly Condition[],
  failsClosed: boolean,
  activation: Variables,
): { readonly value: boolean; readonly error?: never } | { readonly error: string; readonly value?: never } {
  const errors: string[] = []
  for (const { compiled, text } of conditions) {
    const outcome = run(compiled, text, activation)
    if (outcome.error !== undefined) errors.push(outcome.error)
    else if (outcome.value === false) return { value: false }
  }
  if (errors.length === 0) return { value: true }
  if (!failsClosed) return { value: false }
  return { error: errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]` }
}

function run(compiled: Compilation, text: string, variables: Variables): Outcome {
  if (compiled.error !== undefined) return { error: `compilation error: ${compiled.error}` }
  try {
    return { value: compiled.value.evaluate(variables) }
  } catch (error) {
    return { error: `expression '${text}' resulted in error: ${(error as Error).message}` }
  }
}

function messageOf({ messageExpression, message, text }: Validation, variables: Variables): string {
  const outcome = messageExpression === undefined ? undefined : run(messageExpression, '', variables)
  const computed = outcome !== undefined && typeof outcome.value === 'string' ? outcome.value.trim() : ''
  const usable = computed !== '' && Buffer.byteLength(computed) <= MAX_MESSAGE && !computed.includes('\n')
  if (usable) return computed
  return message === '' ? `failed expression: ${text.trim()}` : message
}

/** `variables` of a policy: each is computed when it is first asked for, from those before it. */
function lazyVariables(declared: readonly Condition[], activation: Variables): object {
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
    }
  }
}
