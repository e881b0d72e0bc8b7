import type { Diagnostic } from '../../manifest/diagnostic.ts'

/** When Flux substitutes: only where there are variables, or in any case (so that defaults take effect). */
export type SubstituteStrategy = 'WithVariables' | 'Always'

/** Values from one ConfigMap or Secret, or the inline ones. `name` is for messages: `ConfigMap/cluster-vars`. */
export interface VariableSource {
  readonly name: string
  readonly values: Readonly<Record<string, string>>
}

const NAME_RULE = '^[_[:alpha:]][_[:alpha:][:digit:]]*$'

/**
 * Merges the sources, later ones win, and takes line ends out of the values, as Flux does. A name that no reference could hold
 * is an error.
 */
export function collectVariables(sources: readonly VariableSource[]): {
  readonly variables: ReadonlyMap<string, string>
  readonly diagnostics: readonly Diagnostic[]
} {
  const variables = new Map<string, string>()
  const diagnostics: Diagnostic[] = []
  for (const { name: source, values } of sources)
    for (const [name, value] of Object.entries(values)) {
      variables.set(name, value.replaceAll('\n', ''))
      if (/^[_A-Za-z][_A-Za-z0-9]*$/.test(name)) continue
      diagnostics.push({
        severity: 'error',
        code: 'variable-name',
        subject: source,
        message: `'${name}' var name is invalid, must match '${NAME_RULE}'`,
        hint: 'rename the key',
      })
    }
  return { variables, diagnostics }
}

/** True where the objects of a Kustomization go through substitution. */
export function substitutes(strategy: SubstituteStrategy | undefined, variables: ReadonlyMap<string, string>): boolean {
  return strategy === 'Always' || variables.size > 0
}
