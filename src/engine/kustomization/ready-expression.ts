import type { Kustomization } from '../../api/kustomization.ts'
import { compileExpression } from '../../health/cel/expression.ts'
import type { JsonObject } from '../../manifest/json.ts'
import type { EvaluateReady } from './dependencies.ts'

const OPTIONS = { variables: ['self', 'dep'], outputType: 'bool' } as const

/** Evaluates a `readyExpr` over both objects; the error is told where it cannot be evaluated on what is there by now. */
export const evaluateReady: EvaluateReady = (expression, self, dependency) => {
  const problem = 'is not ready according to readyExpr eval'
  const compiled = compileExpression(expression, OPTIONS)
  if (compiled.error !== undefined) return `${problem}: ${compiled.error}`
  const { value, error } = compiled.value.evaluateBoolean({ self, dep: dependency } as unknown as JsonObject)
  if (error !== undefined) return `${problem}: ${error}`
  return value === true ? undefined : problem
}

/** Why a `readyExpr` of a Kustomization can never be evaluated; undefined where all of them can. */
export function invalidReadyExpression({ metadata, spec }: Kustomization): string | undefined {
  for (const { kind, name, namespace, readyExpr } of spec.dependsOn ?? []) {
    if (readyExpr === undefined) continue
    const { error } = compileExpression(readyExpr, OPTIONS)
    if (error !== undefined)
      return `failed to parse expression for dependency '${kind === undefined ? '' : `${kind}/`}${namespace ?? metadata.namespace}/${name}': ${error}`
  }
  return undefined
}
