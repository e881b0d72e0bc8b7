/** An object that others can wait for. */
export interface DependencyRef {
  readonly name: string
  readonly namespace?: string
  /** A CEL expression that says when the other object counts as ready. */
  readonly readyExpr?: string
}

export interface Dependent {
  readonly name: string
  readonly namespace: string
  readonly dependsOn?: readonly DependencyRef[] | null
}

export type DependencyOrder =
  | { readonly ok: true; readonly order: readonly { readonly name: string; readonly namespace: string }[] }
  | { readonly ok: false; readonly cycle: readonly string[]; readonly message: string }

/**
 * The order in which objects can be reconciled: depth first in the order of the input, dependencies before their
 * dependents. Objects that are only named as a dependency are in the order, too. A reference without namespace means the
 * dependent's own. A cycle is told as the chain that leads back to its start.
 */
export function orderByDependencies(objects: readonly Dependent[]): DependencyOrder {
  const known = new Map(objects.map(object => [`${object.namespace}/${object.name}`, object]))
  const done = new Map<string, { name: string; namespace: string }>()

  function visit(namespace: string, name: string, path: readonly string[]): readonly string[] | undefined {
    const key = `${namespace}/${name}`
    if (path.includes(key)) return [...path.slice(path.indexOf(key)), key]
    if (done.has(key)) return undefined
    for (const dependency of known.get(key)?.dependsOn ?? []) {
      const cycle = visit(dependency.namespace ?? namespace, dependency.name, [...path, key])
      if (cycle !== undefined) return cycle
    }
    done.set(key, { name, namespace })
    return undefined
  }

  for (const { namespace, name } of objects) {
    const cycle = visit(namespace, name, [])
    if (cycle !== undefined) return { ok: false, cycle, message: `circular dependency detected: ${cycle.join(' -> ')}` }
  }
  return { ok: true, order: [...done.values()] }
}

/** Reads `[namespace/]name[@readyExpr]`, the form that the CLI takes. The expression may hold slashes. */
export function parseDependencyRef(text: string): DependencyRef {
  const at = text.indexOf('@')
  const reference = at < 0 ? text : text.slice(0, at)
  const slash = reference.indexOf('/')
  return {
    name: reference.slice(slash + 1),
    ...(slash < 0 ? {} : { namespace: reference.slice(0, slash) }),
    ...(at < 0 ? {} : { readyExpr: text.slice(at + 1) }),
  }
}

/** The inverse of `parseDependencyRef`. */
export function formatDependencyRef({ name, namespace = '', readyExpr = '' }: DependencyRef): string {
  return `${namespace === '' ? '' : `${namespace}/`}${name}${readyExpr === '' ? '' : `@${readyExpr}`}`
}
