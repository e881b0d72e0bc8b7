import { type Environment, Optional } from '@marcbachmann/cel-js'
import { type CompiledExpression, compile } from '../../cel/compile.ts'
import { BUDGET } from '../../cel/cost.ts'
import { CostLimitExceeded } from '../../cel/cost-meter.ts'
import { createKubernetesEnvironment } from '../../cel/kubernetes.ts'
import { isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import { fieldOf, type ValidationRule } from '../../manifest/schema/schema.ts'
import { equal } from '../equal.ts'
import { child, duplicate, type FieldError, forbiddenField, invalid, required } from '../field-error.ts'
import { celValue } from './cel-value.ts'
import type { JsonSchema } from './json-schema.ts'
import { correlated } from './validate.ts'

interface Compiled {
  readonly rule: ValidationRule
  readonly condition: CompiledExpression | { readonly error: string }
  readonly message: CompiledExpression | undefined
  readonly isTransition: boolean
}

const BLOCKING = [
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]

/** The `x-kubernetes-validations` of a schema, compiled once. */
export interface RuleChecker {
  /** Problems that the rules find; `found` are those that are known already and may keep rules from being run. */
  check(value: JsonObject, old: JsonObject | undefined, found: readonly FieldError[]): readonly FieldError[]
}

/** One check of an object: what was found, and what the rules may still cost; less than nothing ends it. */
interface Run {
  readonly errors: FieldError[]
  left: number
}

/** Compiles the rules of a schema; undefined when it has none. */
export function createRuleChecker(schema: JsonSchema): RuleChecker | undefined {
  if (!hasRules(schema)) return undefined
  const environment = ruleEnvironment()
  const compiled = new Map<JsonSchema, readonly Compiled[]>()

  function rulesOf(at: JsonSchema): readonly Compiled[] {
    const known = compiled.get(at)
    if (known !== undefined) return known
    const rules = (at['x-kubernetes-validations'] ?? []).map(rule => compileRule(environment, rule))
    compiled.set(at, rules)
    return rules
  }

  function visit(at: JsonSchema, value: JsonValue, old: JsonValue | undefined, path: string, run: Run): void {
    if (value === null || run.left < 0) return
    for (const rule of rulesOf(at)) if (run.left >= 0) evaluate(rule, at, value, old, path, run)
    if (Array.isArray(value)) {
      const { items } = at
      if (items === undefined) return
      value.forEach((item: JsonValue, index) => {
        visit(items, item, correlated(at, item, index, old), `${path}[${index}]`, run)
      })
    } else if (isObject(value)) {
      const before = isObject(old) ? old : {}
      for (const key in value) {
        const field = fieldOf(at, key)
        const item = value[key]
        if (field !== undefined && item !== undefined) visit(field, item, before[key], child(path, key), run)
      }
    }
  }

  return {
    check(value, old, found) {
      if (found.some(error => BLOCKING.includes(error.type)))
        return [
          invalid(
            '<nil>',
            null,
            'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
          ),
        ]
      const errors: FieldError[] = []
      visit(schema, value, old, '', { errors, left: BUDGET })
      return errors
    },
  }
}

/** The environment of validation rules. */
export function ruleEnvironment(): Environment {
  return createKubernetesEnvironment({ self: 'dyn', oldSelf: 'dyn' })
}

function hasRules(schema: JsonSchema): boolean {
  if ((schema['x-kubernetes-validations'] ?? []).length > 0) return true
  const { items, additionalProperties, properties = {} } = schema
  if (items !== undefined && hasRules(items)) return true
  if (typeof additionalProperties === 'object' && hasRules(additionalProperties)) return true
  return Object.values(properties).some(hasRules)
}

function compileRule(environment: Environment, rule: ValidationRule): Compiled {
  const { value, error } = compile(environment, rule.rule)
  return {
    rule,
    condition: value ?? { error: `rule compile error: ${error}` },
    message: rule.messageExpression ? compile(environment, rule.messageExpression).value : undefined,
    isTransition: /\boldSelf\b/.test(rule.rule),
  }
}

function evaluate(
  { rule, condition, message, isTransition }: Compiled,
  schema: JsonSchema,
  value: JsonValue,
  old: JsonValue | undefined,
  path: string,
  run: Run,
): void {
  const optional = rule.optionalOldSelf === true
  if (isTransition && old === undefined && !optional) return
  // What was wrong before and has not changed may stay.
  if (!isTransition && old !== undefined && equal(old, value)) return
  const variables: Record<string, unknown> = { self: celValue(schema, value) }
  if (isTransition) variables['oldSelf'] = oldValue(schema, old, optional)
  const text = rule.message?.trim() || `failed rule: ${rule.rule.trim()}`
  const at = path + (rule.fieldPath ?? '')
  const where = path === '' ? at.replace(/^\./, '') : at
  const type = schema['x-kubernetes-int-or-string'] === true ? 'intOrString' : (schema.type ?? 'object')
  const named = rule.message?.trim() || rule.rule.trim()
  const refuse = (words: string) => run.errors.push(invalid(path, type, words))
  if ('error' in condition) {
    refuse(condition.error)
    return
  }
  try {
    const result = condition.evaluate(variables)
    spend(condition, run, refuse)
    if (result === true || run.left < 0) return
  } catch (error) {
    spend(condition, run, refuse)
    if (run.left < 0) return
    if (error instanceof CostLimitExceeded) {
      refuse(
        `'${error.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${named}`,
      )
      run.left = -1
    } else if ((error as Error).message === 'no such overload')
      refuse(
        `'no such overload': call arguments did not match a supported operator, function or macro signature for rule: ${named}`,
      )
    else refuse(`${(error as Error).message} evaluating rule: ${named}`)
    return
  }
  run.errors.push(problem(rule, where, type, detail(message, variables) ?? text))
}

/** Takes what an evaluation cost from what is left. */
function spend(condition: CompiledExpression, run: Run, refuse: (words: string) => void): void {
  run.left -= condition.spent
  if (run.left < 0)
    refuse('validation failed due to running out of cost budget, no further validation rules will be run')
}

function oldValue(schema: JsonSchema, old: JsonValue | undefined, optional: boolean): unknown {
  const value = old === undefined ? undefined : celValue(schema, old)
  if (!optional) return value
  return value === undefined ? Optional.none() : Optional.of(value)
}

function detail(message: CompiledExpression | undefined, variables: Record<string, unknown>): string | undefined {
  try {
    const text = message?.evaluate(variables)
    return typeof text === 'string' && text.trim() !== '' && !text.includes('\n') ? text.trim() : undefined
  } catch {
    return undefined
  }
}

function problem(rule: ValidationRule, path: string, type: string, text: string): FieldError {
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return forbiddenField(path, text)
    case 'FieldValueRequired':
      return required(path, text)
    case 'FieldValueDuplicate':
      return duplicate(path, type)
    default:
      return invalid(path, type, text)
  }
}
