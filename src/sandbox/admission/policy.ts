import type { Compilation } from '../../cel/compile.ts'
import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { asJson, has, objectAt, objectsAt, textAt, textsAt } from '../kinds/schema/value.ts'
import { createExpressionCompiler, type ExpressionScope } from './expressions.ts'
import { type Criteria, criteriaOf } from './matching.ts'

/** A ValidatingAdmissionPolicy with its bindings, compiled. */
export interface Policy {
  readonly name: string
  readonly criteria: Criteria
  /** False for `failurePolicy: Ignore`. */
  readonly failsClosed: boolean
  readonly paramKind: { readonly apiVersion: string; readonly kind: string } | undefined
  readonly conditions: readonly Condition[]
  readonly variables: readonly Condition[]
  readonly validations: readonly Validation[]
  readonly auditAnnotations: readonly Condition[]
  readonly bindings: readonly Binding[]
}

/** A named expression. */
export interface Condition {
  readonly name: string
  readonly text: string
  readonly compiled: Compilation
}

export interface Validation {
  readonly text: string
  readonly compiled: Compilation
  readonly message: string
  readonly messageExpression: Compilation | undefined
  readonly reason: string
}

export interface Binding {
  readonly name: string
  /** Undefined where the binding is for everything that its policy is for. */
  readonly criteria: Criteria | undefined
  readonly paramRef: JsonObject | undefined
  readonly actions: readonly string[]
}

/** Compiles a policy. Expressions that do not compile are kept with their error: it is the request that fails then. */
export function compilePolicy(policy: KubeObject, bindings: readonly KubeObject[]): Policy {
  const spec = objectAt(asJson(policy), 'spec')
  const compile = createExpressionCompiler()
  const params = has(spec, 'paramKind')
  const declared: Condition[] = []
  const scope = (authorizer: boolean): ExpressionScope => ({
    params,
    authorizer,
    variables: declared.map(({ name }) => name),
  })
  for (const variable of objectsAt(spec, 'variables')) {
    const text = textAt(variable, 'expression')
    declared.push({ name: textAt(variable, 'name'), text, compiled: compile(text, [], scope(true)) })
  }
  return {
    name: policy.metadata.name,
    criteria: criteriaOf(objectAt(spec, 'matchConstraints')),
    failsClosed: textAt(spec, 'failurePolicy') !== 'Ignore',
    paramKind: params
      ? { apiVersion: textAt(spec, 'paramKind', 'apiVersion'), kind: textAt(spec, 'paramKind', 'kind') }
      : undefined,
    conditions: conditionsOf(spec, params),
    variables: declared,
    validations: objectsAt(spec, 'validations').map(validation => ({
      text: textAt(validation, 'expression'),
      compiled: compile(textAt(validation, 'expression'), ['bool'], scope(true)),
      message: textAt(validation, 'message').trim(),
      messageExpression: has(validation, 'messageExpression')
        ? compile(textAt(validation, 'messageExpression'), ['string'], scope(false))
        : undefined,
      reason: textAt(validation, 'reason') || 'Invalid',
    })),
    auditAnnotations: objectsAt(spec, 'auditAnnotations').map(annotation => ({
      name: textAt(annotation, 'key'),
      text: textAt(annotation, 'valueExpression'),
      compiled: compile(textAt(annotation, 'valueExpression'), ['string', 'null_type'], scope(true)),
    })),
    bindings: bindings.filter(binding => textAt(binding, 'spec', 'policyName') === policy.metadata.name).map(bindingOf),
  }
}

/** `matchConditions` of a policy or of a webhook. */
export function conditionsOf(source: JsonObject, params: boolean): readonly Condition[] {
  const compile = createExpressionCompiler()
  return objectsAt(source, 'matchConditions').map(condition => ({
    name: textAt(condition, 'name'),
    text: textAt(condition, 'expression'),
    compiled: compile(textAt(condition, 'expression'), ['bool'], { params, authorizer: true, variables: undefined }),
  }))
}

function bindingOf(binding: KubeObject): Binding {
  const spec = objectAt(asJson(binding), 'spec')
  return {
    name: binding.metadata.name,
    criteria: has(spec, 'matchResources') ? criteriaOf(objectAt(spec, 'matchResources')) : undefined,
    paramRef: has(spec, 'paramRef') ? objectAt(spec, 'paramRef') : undefined,
    actions: textsAt(spec, 'validationActions'),
  }
}
