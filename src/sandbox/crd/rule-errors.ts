import { type Compilation, compile } from '../../cel/compile.ts'
import { estimateCost, type SizedType } from '../../cel/cost-estimate.ts'
import type { JsonObject } from '../../manifest/json.ts'
import type { ValidationRule } from '../../manifest/schema/schema.ts'
import { type FieldError, forbiddenField, invalid } from '../field-error.ts'
import { ruleEnvironment } from './cel.ts'
import type { JsonSchema } from './json-schema.ts'
import { sizedType } from './sized-type.ts'

/** A rule may be estimated to cost this much for one object, and all rules of a schema together that much. */
const RULE_LIMIT = 10_000_000
const SCHEMA_LIMIT = 100_000_000
const MAX_REQUEST = 3 * 1024 * 1024

interface Costs {
  total: number
  readonly expensive: { readonly path: string; readonly cost: number }[]
}

/** What is wrong with the rules of a schema: those that do not compile, and those that could cost too much. */
export function ruleErrors(schema: JsonSchema, path: string): readonly FieldError[] {
  const errors: FieldError[] = []
  const costs: Costs = { total: 0, expensive: [] }
  visit(schema, path, { isRoot: true, cardinality: 1 }, costs, errors)
  if (costs.total <= SCHEMA_LIMIT) return errors
  const contributed = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema'
  const worst = costs.expensive.toSorted((a, b) => b.cost - a.cost).slice(0, 4)
  const total = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema'
  return [
    ...errors,
    ...worst.map(({ path: at }) => forbiddenField(at, contributed)),
    forbiddenField(path, tooExpensive(total, costs.total, SCHEMA_LIMIT)),
  ]
}

interface Place {
  readonly isRoot: boolean
  /** How often the value can stand in an object; undefined where nothing limits it. */
  readonly cardinality: number | undefined
}

function visit(schema: JsonSchema, path: string, place: Place, costs: Costs, errors: FieldError[]): void {
  const most = elementsOf(schema)
  const cardinality = place.cardinality === undefined || most === undefined ? undefined : place.cardinality * most
  const inside: Place = { isRoot: false, cardinality }
  if (typeof schema.additionalProperties === 'object')
    visit(schema.additionalProperties, `${path}.additionalProperties`, inside, costs, errors)
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    if (place.isRoot && (name === 'metadata' || name === 'apiVersion' || name === 'kind')) continue
    visit(field, `${path}.properties[${name}]`, inside, costs, errors)
  }
  if (schema.items !== undefined) visit(schema.items, `${path}.items`, inside, costs, errors)
  const rules = schema['x-kubernetes-validations'] ?? []
  const type = rules.length === 0 ? undefined : sizedType(schema, isResource(schema, place))
  if (type === undefined) return
  const times = place.cardinality ?? Math.floor(MAX_REQUEST / (type.minSerializedSize + 1))
  rules.forEach((rule, index) => {
    checkRule(rule, `${path}.x-kubernetes-validations[${index}]`, type, times, costs, errors)
  })
}

function isResource(schema: JsonSchema, { isRoot }: Place): boolean {
  return isRoot || schema['x-kubernetes-embedded-resource'] === true
}

/** How many values a value can hold; undefined for lists and maps without a limit. */
function elementsOf({ type, additionalProperties, maxProperties, maxItems }: JsonSchema): number | undefined {
  if (type === 'object' && additionalProperties !== undefined) return maxProperties
  return type === 'array' ? maxItems : 1
}

function checkRule(
  rule: ValidationRule,
  path: string,
  type: SizedType,
  times: number,
  costs: Costs,
  errors: FieldError[],
): void {
  const environment = ruleEnvironment()
  const variables = { self: type, oldSelf: type }
  const condition = compile(environment, rule.rule)
  check(condition, `${path}.rule`, 'estimated rule cost', times)
  const shown = rule as unknown as JsonObject
  if (condition.error !== undefined)
    errors.push(invalid(`${path}.rule`, shown, `compilation failed: ${condition.error}`))
  else if (!['bool', 'dyn'].includes(condition.value.type))
    errors.push(invalid(`${path}.rule`, shown, 'cel expression must evaluate to a bool'))
  if (rule.messageExpression === undefined || rule.messageExpression === '') return
  const message = compile(environment, rule.messageExpression)
  if (message.error !== undefined)
    errors.push(invalid(`${path}.messageExpression`, shown, `messageExpression compilation failed: ${message.error}`))
  else if (!['string', 'dyn'].includes(message.value.type))
    errors.push(invalid(`${path}.messageExpression`, shown, 'messageExpression must evaluate to a string'))
  else check(message, `${path}.messageExpression`, 'estimated messageExpression cost', 1)

  function check({ value }: Compilation, at: string, what: string, count: number): void {
    if (value === undefined) return
    const cost = estimateCost(value.tree, variables) * count
    if (cost > RULE_LIMIT) errors.push(forbiddenField(at, tooExpensive(what, cost, RULE_LIMIT)))
    costs.total += cost
    if (cost >= SCHEMA_LIMIT / 100) costs.expensive.push({ path: at, cost })
  }
}

function tooExpensive(what: string, cost: number, limit: number): string {
  const factor = cost / limit
  const shown = factor > 100 ? 'more than 100x' : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`
  return `${what} exceeds budget by factor of ${shown} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`
}
