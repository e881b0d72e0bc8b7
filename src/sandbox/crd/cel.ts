import { type Environment, Optional } from '@marcbachmann/cel-js'
import { type CompiledExpression, compile } from '../../cel/compile.ts'
import { createKubernetesEnvironment } from '../../cel/kubernetes.ts'
import { isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import { equal } from '../equal.ts'
import { child, duplicate, type FieldError, forbiddenField, invalid, required } from '../field-error.ts'
import { celValue } from './cel-value.ts'
import { type CelRule, type JsonSchema, propertySchema } from './json-schema.ts'
import { correlated } from './validate.ts'

interface Compiled {
  readonly rule: CelRule
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

  function visit(
    at: JsonSchema,
    value: JsonValue,
    old: JsonValue | undefined,
    path: string,
    errors: FieldError[],
  ): void {
    if (value === null) return
    for (const rule of rulesOf(at)) evaluate(rule, at, value, old, path, errors)
    if (Array.isArray(value)) {
      const { items } = at
      if (items === undefined) return
      value.forEach((item: JsonValue, index) => {
        visit(items, item, correlated(at, item, index, old), `${path}[${index}]`, errors)
      })
    } else if (isObject(value)) {
      const before = isObject(old) ? old : {}
      for (const key in value) {
        const field = propertySchema(at, key)
        const item = value[key]
        if (field !== undefined && item !== undefined) visit(field, item, before[key], child(path, key), errors)
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
      visit(schema, value, old, '', errors)
      return errors
    },
  }
}

/** What is wrong with the text of a rule; undefined when it compiles. */
export function ruleProblem(rule: string): string | undefined {
  return compile(ruleEnvironment(), rule).error
}

function ruleEnvironment(): Environment {
  return createKubernetesEnvironment({ self: 'dyn', oldSelf: 'dyn' })
}

function hasRules(schema: JsonSchema): boolean {
  if ((schema['x-kubernetes-validations'] ?? []).length > 0) return true
  const { items, additionalProperties, properties = {} } = schema
  if (items !== undefined && hasRules(items)) return true
  if (typeof additionalProperties === 'object' && hasRules(additionalProperties)) return true
  return Object.values(properties).some(hasRules)
}

function compileRule(environment: Environment, rule: CelRule): Compiled {
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
  errors: FieldError[],
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
  if ('error' in condition) {
    errors.push(invalid(where, type, condition.error))
    return
  }
  try {
    if (condition.evaluate(variables) === true) return
  } catch (error) {
    const reason = (error as Error).message
    errors.push(invalid(where, type, `${reason} evaluating rule: ${rule.message?.trim() || rule.rule.trim()}`))
    return
  }
  errors.push(problem(rule, where, type, detail(message, variables) ?? text))
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

function problem(rule: CelRule, path: string, type: string, text: string): FieldError {
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
