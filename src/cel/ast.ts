/** A node of the evaluator's syntax tree; it has no types of its own for them. */
export interface CelNode {
  readonly op: string
  readonly args: unknown
  readonly meta: {
    /** What a macro became, or a constant. */
    readonly alternate?: CelNode
    readonly macro?: CelMacro
    readonly evaluate: Evaluate
  }
  evaluate: Evaluate
}

export type Evaluate = (evaluator: unknown, node: unknown, context: unknown) => unknown

export interface CelMacro {
  readonly evaluate: Evaluate
}

/** A macro over a list or a map, expanded. */
export interface Comprehension {
  readonly iterable: CelNode
  readonly step: CelNode
}

/** The operands of an operator, a list or a ternary; the target of a call comes first. */
export function operandsOf(node: CelNode): readonly CelNode[] {
  const { op, args } = node
  switch (op) {
    case 'value':
    case 'id':
      return []
    case '.':
    case '.?':
      return [(args as readonly [CelNode, string])[0]]
    case 'call':
      return (args as readonly [string, readonly CelNode[]])[1]
    case 'rcall': {
      const [, target, rest] = args as readonly [string, CelNode, readonly CelNode[]]
      return [target, ...rest]
    }
    case 'map':
      return (args as readonly (readonly CelNode[])[]).flat()
    case '!_':
    case '-_':
      return [args as CelNode]
    default:
      return Array.isArray(args) ? (args as readonly CelNode[]) : []
  }
}

/** The name of the function that a call names; undefined for other nodes. */
export function functionOf({ op, args }: CelNode): string | undefined {
  return op === 'call' || op === 'rcall' ? (args as readonly [string])[0] : undefined
}
