import { Environment } from '@marcbachmann/cel-js'
import { RE2JS } from 're2js'
import { compareQuantities, parseQuantity, type Quantity } from '../../manifest/quantity.ts'

class QuantityValue {
  readonly quantity: Quantity

  constructor(quantity: Quantity) {
    this.quantity = quantity
  }
}

const LIMITS = {
  maxAstNodes: 10_000,
  maxDepth: 100,
  maxListElements: 10_000,
  maxMapEntries: 1000,
  maxCallArguments: 32,
}

type List = readonly unknown[]

/** The functions of Kubernetes' CEL for validation rules: lists, strings, regular expressions and quantities. */
export function createRuleEnvironment(): Environment {
  const environment = new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
    limits: LIMITS,
  })
  registerLists(environment)
  registerPatterns(environment)
  registerQuantities(environment)
  return environment
}

function registerLists(environment: Environment): void {
  environment
    .registerFunction('list.isSorted(): bool', (list: List) =>
      list.every((item, index) => index === 0 || compare(list[index - 1], item) <= 0),
    )
    .registerFunction('list.sum(): dyn', (list: List) =>
      list.reduce<number | bigint>(
        (sum, item) => (typeof sum === 'bigint' && typeof item === 'bigint' ? sum + item : Number(sum) + Number(item)),
        0n,
      ),
    )
    .registerFunction('list.min(): dyn', (list: List) => extreme(list, -1))
    .registerFunction('list.max(): dyn', (list: List) => extreme(list, 1))
    .registerFunction('list.indexOf(dyn): int', (list: List, item: unknown) =>
      BigInt(list.findIndex(one => compare(one, item) === 0)),
    )
    .registerFunction('list.lastIndexOf(dyn): int', (list: List, item: unknown) =>
      BigInt(list.findLastIndex(one => compare(one, item) === 0)),
    )
}

function compare(a: unknown, b: unknown): number {
  if (a === b) return 0
  return (a as string) < (b as string) ? -1 : 1
}

function extreme(list: List, direction: number): unknown {
  if (list.length === 0) throw new Error(`${direction < 0 ? 'min' : 'max'} called on empty list`)
  return list.reduce((best, item) => (compare(item, best) === direction ? item : best))
}

/** The text of a rule with `matches` under the name of the one that takes linear time; the library's own cannot be replaced. */
export function withLinearMatches(rule: string): string {
  const matches = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\.matches(?=\s*\()/gs
  return rule.replace(matches, part => (part === '.matches' ? '.linearMatches' : part))
}

function registerPatterns(environment: Environment): void {
  environment
    .registerFunction('string.linearMatches(string): bool', (text: string, pattern: string) =>
      RE2JS.compile(pattern).matcher(text).find(),
    )
    .registerFunction(
      'string.find(string): string',
      (text: string, pattern: string) => findAll(text, pattern, 1)[0] ?? '',
    )
    .registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) =>
      findAll(text, pattern, -1),
    )
    .registerFunction('string.findAll(string, int): list<string>', (text: string, pattern: string, limit: bigint) =>
      findAll(text, pattern, Number(limit)),
    )
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
      text.replaceAll(from, () => to),
    )
    .registerFunction('string.charAt(int): string', (text: string, index: bigint) => [...text][Number(index)] ?? '')
}

function findAll(text: string, pattern: string, limit: number): string[] {
  const matcher = RE2JS.compile(pattern).matcher(text)
  const found: string[] = []
  while ((limit < 0 || found.length < limit) && matcher.find()) found.push(matcher.group() ?? '')
  return found
}

function registerQuantities(environment: Environment): void {
  const read = (text: string): QuantityValue => {
    const parsed = parseQuantity(text)
    if (typeof parsed === 'string') throw new Error(parsed)
    return new QuantityValue(parsed)
  }
  const by = (a: QuantityValue, b: QuantityValue) => compareQuantities(a.quantity, b.quantity)
  environment
    .registerType('kubernetes.Quantity', QuantityValue)
    .registerFunction('quantity(string): kubernetes.Quantity', read)
    .registerFunction('isQuantity(string): bool', (text: string) => typeof parseQuantity(text) !== 'string')
    .registerFunction(
      'kubernetes.Quantity.isLessThan(kubernetes.Quantity): bool',
      (a: QuantityValue, b: QuantityValue) => by(a, b) < 0,
    )
    .registerFunction(
      'kubernetes.Quantity.isGreaterThan(kubernetes.Quantity): bool',
      (a: QuantityValue, b: QuantityValue) => by(a, b) > 0,
    )
    .registerFunction('kubernetes.Quantity.compareTo(kubernetes.Quantity): int', (a: QuantityValue, b: QuantityValue) =>
      BigInt(Math.sign(by(a, b))),
    )
}
