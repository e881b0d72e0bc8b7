import type { JsonObject } from '../manifest/json.ts'
import { type KubeObject, parseApiVersion } from '../manifest/object.ts'
import { compileExpression, type Evaluated, type HealthExpression } from './cel/expression.ts'
import { countAt } from './fields.ts'
import { type JudgeOptions, judge } from './judge.ts'
import { current, type Fields, failed, inProgress, unknown, type Verdict } from './verdict.ts'

/** The CEL texts of one entry of `spec.healthCheckExprs`. An empty text counts as missing. */
export interface HealthExpressions {
  readonly current?: string
  readonly failed?: string
  readonly inProgress?: string
}

/** An entry of `spec.healthCheckExprs`: only the group of `apiVersion` counts; no kind means every kind of the group. */
export interface HealthCheckExpr extends HealthExpressions {
  readonly apiVersion: string
  readonly kind?: string
}

/** A judge made from expressions. */
export type HealthRule = (object: KubeObject) => Verdict

/**
 * Compiles the expressions of one entry. `current` is required. The rule looks at `status.observedGeneration` first, then
 * asks inProgress, failed and current in this order; with none true the object is in progress. An expression that fails
 * makes the verdict `Unknown` with Flux's words.
 */
export function compileRule(expressions: HealthExpressions): Evaluated<HealthRule> {
  if ((expressions.current ?? '') === '') return { error: 'expression Current not specified' }
  const steps: { readonly expression: HealthExpression; readonly verdict: Verdict }[] = []
  const parts = [
    ['InProgress', expressions.inProgress, inProgress('InProgressExpression', 'The inProgress expression is true')],
    ['Failed', expressions.failed, failed('FailedExpression', 'The failed expression is true')],
    ['Current', expressions.current, current('The current expression is true')],
  ] as const
  for (const [name, text, verdict] of parts) {
    if (text === undefined || text === '') continue
    const compiled = compileExpression(text)
    if (compiled.error !== undefined) return { error: `failed to parse the expression ${name}: ${compiled.error}` }
    steps.push({ expression: compiled.value, verdict })
  }
  return { value: object => evaluateSteps(object, steps) }
}

function evaluateSteps(
  object: KubeObject,
  steps: readonly { readonly expression: HealthExpression; readonly verdict: Verdict }[],
): Verdict {
  const fields = object as unknown as Fields
  const observed = countAt(fields, 'status.observedGeneration', Number.NaN)
  const generation = countAt(fields, 'metadata.generation', observed)
  if (!Number.isNaN(observed) && generation !== observed)
    return inProgress('LatestGenerationNotObserved', 'The latest generation is not observed')
  for (const { expression, verdict } of steps) {
    const { value, error } = expression.evaluateBoolean(fields as JsonObject)
    if (error !== undefined) return unknown(error)
    if (value) return verdict
  }
  return inProgress('NoExpression', 'No expression is true')
}

/** Whether an entry for a group (and a kind, or none for all) applies to an object's group and kind. */
export function supports(
  entry: { readonly group: string; readonly kind: string },
  object: { readonly group: string; readonly kind: string },
): boolean {
  return entry.group === object.group && (entry.kind === '' || entry.kind === object.kind)
}

/** The judge of a Kustomization: its own expressions where one fits, kstatus for the rest. */
export interface HealthRules {
  judge(object: KubeObject, now: Date): Verdict
}

/** Compiles all of `spec.healthCheckExprs`; the first entry that fits an object decides. */
export function compileRules(exprs: readonly HealthCheckExpr[], options: JudgeOptions = {}): Evaluated<HealthRules> {
  const rules: { readonly group: string; readonly kind: string; readonly rule: HealthRule }[] = []
  for (const [index, expr] of exprs.entries()) {
    const compiled = compileRule(expr)
    if (compiled.error !== undefined)
      return { error: `failed to create custom status evaluator for healthchecks[${index}]: ${compiled.error}` }
    rules.push({ group: parseApiVersion(expr.apiVersion).group, kind: expr.kind ?? '', rule: compiled.value })
  }
  return {
    value: {
      judge(object, now) {
        const { group } = parseApiVersion(object.apiVersion)
        const rule = rules.find(entry => supports(entry, { group, kind: object.kind }))
        return rule === undefined ? judge(object, now, options) : rule.rule(object)
      },
    },
  }
}
