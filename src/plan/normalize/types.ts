import table from '../generated/kubernetes-types.json' with { type: 'json' }

/**
 * How Kubernetes' own Go types write each field, which decides what an object looks like after a round trip through them.
 * A field's text is its flags (`?` omitempty, `0` omitzero), then its shape: `*` pointer, `[]` list, `{}` map, and a
 * basic shape or the name of another type. tools/kubernetes-types makes the table from the types themselves.
 */
interface TypeTable {
  /** Type name by `apiVersion/Kind`. */
  readonly kinds: Readonly<Record<string, string>>
  readonly types: Readonly<Record<string, Readonly<Record<string, string>>>>
}

const { kinds, types }: TypeTable = table

/** The fields of a type, by JSON name. */
export type TypeFields = Readonly<Record<string, string>>

/** The fields of a kind of Kubernetes itself; undefined for custom kinds. */
export function kindFields(apiVersion: string, kind: string): TypeFields | undefined {
  const key = `${apiVersion}/${kind}`
  return Object.hasOwn(kinds, key) ? types[kinds[key]!] : undefined
}

/** The fields of a type that a field's shape names. */
export function typeFields(name: string): TypeFields {
  const fields = types[name]
  if (fields === undefined) throw new Error(`no type ${name} in the table`)
  return fields
}
