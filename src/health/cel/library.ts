import { isDeepStrictEqual } from 'node:util'
import { Environment, Optional } from '@marcbachmann/cel-js'
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
  // Without declared types the checker never sees a mixed comparison, so it has to hold at run time.
  if (!typed) environment.registerOperator('int == double: bool', (a: bigint, b: number) => Number(a) === b)
  for (const name of variables ?? []) environment.registerVariable(name, 'map<string, dyn>')
  return environment
}

function createBase(): Environment {
  const environment = new Environment({ enableOptionalTypes: true, limits: LIMITS })
  registerStrings(environment)
  registerSets(environment)
  registerEncoders(environment)
  registerLists(environment)
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

function equal(a: unknown, b: unknown): boolean {
  const [left, right] = [typeof a === 'bigint' ? Number(a) : a, typeof b === 'bigint' ? Number(b) : b]
  return isDeepStrictEqual(left, right)
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

function registerLists(environment: Environment): void {
  environment
    .registerFunction('list<A>.first(): optional<A>', (list: List) => Optional.of(list[0]))
    .registerFunction('list<A>.last(): optional<A>', (list: List) => Optional.of(list.at(-1)))
}
