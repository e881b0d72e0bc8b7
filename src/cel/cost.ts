/*
 * What evaluating an expression costs, in the units of cel-go (`common/cost.go` there, and `pkg/cel/library/cost.go` of
 * k8s.io/apiserver for the functions of Kubernetes).
 */

export const LIST_COST = 10
export const MAP_COST = 30
export const TRAVERSAL = 0.1
export const REGEX = 0.25

/** One evaluation of an expression may cost this much. */
export const CALL_LIMIT = 1_000_000
/** All rules of one object, and all validations of one policy and parameter, together. */
export const BUDGET = 10_000_000
/** All match conditions of a webhook or a policy. */
export const CONDITIONS_BUDGET = 2_500_000

/** What a macro costs beside its range and its steps. */
export function macroBase(name: string): number {
  switch (name) {
    case 'all':
    case 'exists':
      return 1
    case 'exists_one':
      return 2
    case 'map':
    case 'filter':
      return 1
    default:
      return 0
  }
}

/** What each step of a macro costs beside its expressions. */
export function stepBase(name: string): number {
  switch (name) {
    case 'all':
      return 3
    case 'exists':
      return 4
    case 'exists_one':
      return 2
    case 'map':
    case 'filter':
      return 2 + LIST_COST
    default:
      return 0
  }
}

/** What kind of work a function does, as far as it is more than one step. */
export type Work =
  | 'authorization'
  /** Looks at every item of a list, or at every character of a text. */
  | 'items'
  /** Reads its text once, and makes one that is no longer; reads it once for a value; reads it twice. */
  | 'text'
  | 'value'
  | 'replace'
  | 'split'
  | 'join'
  | 'find'
  | 'matches'
  | 'contains'
  | 'affix'
  | 'format'
  | 'bytes'

const WORK: Readonly<Record<string, Work>> = {
  check: 'authorization',
  ...each('items', ['isSorted', 'sum', 'max', 'min', 'pointIndexOf', 'pointLastIndexOf']),
  ...each('text', ['url', 'asciiLower', 'asciiUpper', 'pointSubstring', 'trim']),
  ...each('value', ['quantity', 'isQuantity', 'semver', 'isSemver', 'ip', 'isIP', 'cidr', 'isCIDR']),
  replace: 'replace',
  pointSplit: 'split',
  join: 'join',
  ...each('find', ['find', 'findAll']),
  ...each('matches', ['matches', 're2Matches']),
  contains: 'contains',
  ...each('affix', ['startsWith', 'endsWith']),
  format: 'format',
  bytes: 'bytes',
}

function each(work: Work, names: readonly string[]): Readonly<Record<string, Work>> {
  return Object.fromEntries(names.map(name => [name, work]))
}

/** The work of a function; undefined where it is one step. */
export function workOf(name: string): Work | undefined {
  return Object.hasOwn(WORK, name) ? WORK[name] : undefined
}

export const AUTHORIZATION_COST = 350_000
