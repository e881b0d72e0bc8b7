import { isDeepStrictEqual } from 'node:util'
import { Environment } from '@marcbachmann/cel-js'
import { UnsignedInt } from '@marcbachmann/cel-js/evaluator'
import { registerOptionals } from './optionals.ts'
import { registerStrings } from './strings.ts'

class SetsNamespace {}
class Base64Namespace {}

const LIMITS = { maxAstNodes: 10_000, maxDepth: 100, maxListElements: 1000, maxMapEntries: 1000, maxCallArguments: 32 }

const base = createBase()

/**
 * The functions that Flux's expressions may use: the standard ones, optional types, and cel-go's strings, sets and encoders
 * extensions. With `variables` undefined every name is allowed and typed at run time.
 */
export function createEnvironment(variables: readonly string[] | undefined): Environment {
  // Mixed lists are an error of the type check, which needs declared variables.
  const typed = variables !== undefined
  const environment = base.clone({ unlistedVariablesAreDyn: !typed, homogeneousAggregateLiterals: typed })
  if (!typed) registerMixedEquality(environment)
  for (const name of variables ?? []) environment.registerVariable(name, 'map<string, dyn>')
  return environment
}

function createBase(): Environment {
  const environment = new Environment({ enableOptionalTypes: true, limits: LIMITS })
  registerStrings(environment)
  registerSets(environment)
  registerEncoders(environment)
  registerOptionals(environment)
  registerConversions(environment)
  return environment
}

type List = readonly unknown[]

function registerSets(environment: Environment): void {
  const includes = (list: List, value: unknown) => list.some(item => equal(item, value))
  const contains = (list: List, part: List) => part.every(value => includes(list, value))
  environment.registerType('SetsNamespace', SetsNamespace)
  environment.registerConstant('sets', 'SetsNamespace', new SetsNamespace())
  environment
    .registerFunction('SetsNamespace.contains(list, list): bool', (_: unknown, a: List, b: List) => contains(a, b))
    .registerFunction(
      'SetsNamespace.equivalent(list, list): bool',
      (_: unknown, a: List, b: List) => contains(a, b) && contains(b, a),
    )
    .registerFunction('SetsNamespace.intersects(list, list): bool', (_: unknown, a: List, b: List) =>
      a.some(value => includes(b, value)),
    )
}

/** CEL's equality: numbers by their value, whatever their type. */
function equal(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(numeric(a), numeric(b))
}

function numeric(value: unknown): unknown {
  if (value instanceof UnsignedInt) return Number(value.toString())
  return typeof value === 'bigint' ? Number(value) : value
}

function registerEncoders(environment: Environment): void {
  environment.registerType('Base64Namespace', Base64Namespace)
  environment.registerConstant('base64', 'Base64Namespace', new Base64Namespace())
  environment
    .registerFunction('Base64Namespace.encode(bytes): string', (_: unknown, bytes: Uint8Array) =>
      Buffer.from(bytes).toString('base64'),
    )
    .registerFunction('Base64Namespace.decode(string): bytes', (_: unknown, text: string) => {
      if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.replace(/=+$/, '').length % 4 === 1)
        throw new Error('illegal base64 data')
      return Buffer.from(text, 'base64')
    })
}

/** Conversions of times and durations that the evaluator lacks, and plain forms of methods. */
function registerConversions(environment: Environment): void {
  const TIME = 'google.protobuf.Timestamp'
  const DURATION = 'google.protobuf.Duration'
  environment
    .registerFunction(`string(${DURATION}): string`, (value: object) => String(value))
    .registerFunction(`string(${TIME}): string`, (value: Date) => value.toISOString().replace(/\.?0*Z$/, 'Z'))
    .registerFunction(`int(${TIME}): int`, (value: Date) => BigInt(Math.floor(value.getTime() / 1000)))
    .registerFunction('contains(string, string): bool', (text: string, part: string) => text.includes(part))
    .registerFunction('startsWith(string, string): bool', (text: string, part: string) => text.startsWith(part))
    .registerFunction('endsWith(string, string): bool', (text: string, part: string) => text.endsWith(part))
}

const COMPARABLE = ['int', 'uint', 'double', 'string', 'bool', 'bytes', 'null'] as const

/** Without a type check, values of any two types can be compared; the evaluator wants an operator for each pair. */
function registerMixedEquality(environment: Environment): void {
  for (const [index, left] of COMPARABLE.entries()) {
    for (const right of COMPARABLE.slice(index + 1)) environment.registerOperator(`${left} == ${right}: bool`, equal)
  }
}
