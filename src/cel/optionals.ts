import { type Environment, Optional } from '@marcbachmann/cel-js'
import { UnsignedInt } from '@marcbachmann/cel-js/evaluator'

/** The parts of the evaluator's macro machinery that are used here; it has no types of its own for them. */
interface Scope {
  forkWithVariable(name: string, type: unknown): Scope
  reuse(context: Scope): Scope
  setIterValue(value: unknown, evaluator: Evaluator): Scope
}
interface Node {
  readonly op: string
  readonly args: unknown
}
interface Evaluator {
  run(node: Node, context: Scope): unknown
}
interface Checker {
  check(node: Node, context: Scope): { readonly kind: string; readonly valueType?: unknown }
  getType(name: string): unknown
}
interface MacroCall {
  readonly args: readonly Node[]
  readonly receiver: Node
}
interface BoundMacro {
  readonly optional: Node
  readonly variable: string
  readonly body: Node
  scope?: Scope
}

/** The optional functions of cel-go that the evaluator lacks. */
export function registerOptionals(environment: Environment): void {
  const first = (list: readonly unknown[]) => Optional.of(list[0])
  const last = (list: readonly unknown[]) => Optional.of(list.at(-1))
  const unwrap = (list: readonly unknown[]) =>
    list.flatMap(item => (item instanceof Optional ? (item.hasValue() ? [item.value()] : []) : [item]))
  environment
    .registerFunction('list<A>.first(): optional<A>', first)
    .registerFunction('list<A>.last(): optional<A>', last)
    .registerFunction('first(list<A>): optional<A>', first)
    .registerFunction('last(list<A>): optional<A>', last)
    .registerFunction('list.unwrapOpt(): list<dyn>', unwrap)
    .registerFunction('OptionalNamespace.unwrap(list): list<dyn>', (_: unknown, list: readonly unknown[]) =>
      unwrap(list),
    )
    .registerFunction('OptionalNamespace.ofNonZeroValue(dyn): optional<dyn>', (_: unknown, value: unknown) =>
      isZero(value) ? Optional.none() : Optional.of(value),
    )
    .registerFunction('optional.optMap(ast, ast): optional<dyn>', bindingMacro(Optional.of) as never)
    .registerFunction('optional.optFlatMap(ast, ast): optional<dyn>', bindingMacro(value => value) as never)
}

/** `x.optMap(name, expression)`: the expression with the value bound to the name, or nothing where there is no value. */
function bindingMacro(wrap: (value: unknown) => unknown): (call: MacroCall) => BoundMacro & object {
  return ({ args, receiver }) => {
    const [name, body] = args
    if (name?.op !== 'id' || body === undefined) throw new Error('optMap() needs a variable name')
    return {
      optional: receiver,
      variable: String(name.args),
      body,
      typeCheck(checker: Checker, macro: BoundMacro, context: Scope) {
        const type = checker.check(macro.optional, context)
        const bound = type.kind === 'optional' ? type.valueType : checker.getType('dyn')
        macro.scope = context.forkWithVariable(macro.variable, bound)
        checker.check(macro.body, macro.scope)
        return checker.getType('optional')
      },
      evaluate(evaluator: Evaluator, macro: BoundMacro, context: Scope) {
        const optional = evaluator.run(macro.optional, context)
        if (!(optional instanceof Optional)) throw new Error('optMap() needs an optional value')
        if (!optional.hasValue()) return optional
        const scope = macro.scope!.reuse(context).setIterValue(optional.value(), evaluator)
        return wrap(evaluator.run(macro.body, scope))
      },
    }
  }
}

function isZero(value: unknown): boolean {
  if (value === null || value === '' || value === false || value === 0 || value === 0n) return true
  if (value instanceof UnsignedInt) return value.toString() === '0'
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0
  return typeof value === 'object' && Object.getPrototypeOf(value) === null && Object.keys(value).length === 0
}
