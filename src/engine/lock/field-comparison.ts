/** A named CEL expression that others refer to as `variables.NAME`. */
export interface Variable {
  readonly name: string
  readonly expression: string
}

type Paths = ReadonlyMap<string, Paths | undefined>

/** The paths as a tree of `fieldsV1` members. What is inside of a list counts as the whole list. */
function treeOf(paths: readonly (readonly string[])[]): Paths {
  const root = new Map<string, Paths | undefined>()
  for (const path of paths) {
    const end = path.findIndex(part => /^(\d+|-)$/.test(part))
    const parts = end < 0 ? path : path.slice(0, end)
    let node: Map<string, Paths | undefined> = root
    for (const [index, part] of parts.entries()) {
      const key = `f:${part}`
      if (node.has(key) && node.get(key) === undefined) break
      if (index === parts.length - 1) node.set(key, undefined)
      else {
        const inner = (node.get(key) as Map<string, Paths | undefined> | undefined) ?? new Map()
        node.set(key, inner)
        node = inner
      }
    }
  }
  return root
}

/**
 * Says in CEL that two field sets (`managedFields[].fieldsV1`) are the same but for the given paths, which are parts of
 * JSON pointers. `before` and `after` are expressions of the sets. Gives the condition and the variables that it needs.
 */
export function sameFields(
  before: string,
  after: string,
  except: readonly (readonly string[])[],
): { readonly condition: string; readonly variables: readonly Variable[] } {
  const variables: Variable[] = []
  const conditions: string[] = []

  function define(expression: string): string {
    const name = `fields${variables.length}`
    variables.push({ name, expression })
    return `variables.${name}`
  }

  function compare(a: string, b: string, paths: Paths): void {
    // A dot stands for the field itself; it may go with the last of its members.
    const special = JSON.stringify(paths.size === 0 ? [] : ['.', ...paths.keys()])
    conditions.push(
      `${a}.all(k, k in ${special} || (k in ${b} && ${a}[k] == ${b}[k]))`,
      `${b}.all(k, k in ${special} || k in ${a})`,
    )
    for (const [key, inner] of paths) {
      if (inner === undefined) continue
      const member = (set: string) => define(`${JSON.stringify(key)} in ${set} ? ${set}[${JSON.stringify(key)}] : {}`)
      compare(member(a), member(b), inner)
    }
  }

  compare(define(before), define(after), treeOf(except))
  return { condition: conditions.join(' && '), variables }
}
