import data from './generated/types.json' with { type: 'json' }

/** How the API server's Go code holds a value; decides what of it is written and what is dropped. */
export type TypeRef =
  | { readonly kind: 'pointer'; readonly of: TypeRef }
  | { readonly kind: 'list'; readonly of: TypeRef }
  | { readonly kind: 'map'; readonly of: TypeRef; readonly resources: boolean }
  | { readonly kind: 'struct'; readonly name: string }
  | { readonly kind: 'leaf'; readonly leaf: Leaf; readonly goType: string }

/** `raw` is any JSON; `intstr` a number or a text. */
export type Leaf =
  | 'string'
  | 'int'
  | 'float'
  | 'bool'
  | 'bytes'
  | 'time'
  | 'microtime'
  | 'duration'
  | 'quantity'
  | 'intstr'
  | 'raw'

/** One field of a struct. `omit` says when it is left out of JSON: never, when empty, or also as a struct of zeros. */
export interface FieldType {
  readonly name: string
  readonly omit: 'never' | 'empty' | 'zero'
  readonly type: TypeRef
}

/** A Go struct: its fields by JSON name, and those that are written even when nothing set them. */
export interface StructType {
  readonly name: string
  readonly fields: ReadonlyMap<string, FieldType>
  readonly written: readonly FieldType[]
}

const structs: ReadonlyMap<string, StructType> = new Map(
  Object.entries(data.types as unknown as Record<string, readonly string[]>).map(([name, fields]) => [
    name,
    structType(name, fields),
  ]),
)

/** The struct of a name such as `core/v1.Container`; undefined where there is none. */
export function structOf(name: string): StructType | undefined {
  return structs.get(name)
}

/** The struct of a kind: `structOfKind('apps/v1', 'Deployment')`. */
export function structOfKind(apiVersion: string, kind: string): StructType | undefined {
  const kinds: Readonly<Record<string, string>> = data.kinds
  return structs.get(kinds[`${apiVersion}/${kind}`] ?? '')
}

/** True for values that Go writes even with `omitempty`: structs are never empty. */
export function isStructLike(type: TypeRef): boolean {
  if (type.kind === 'struct') return true
  return type.kind === 'leaf' && ['time', 'microtime', 'duration', 'quantity', 'intstr'].includes(type.leaf)
}

function structType(name: string, entries: readonly string[]): StructType {
  // selfLink is accepted and never kept
  const fields = entries.filter(entry => entry !== 'raw' && !entry.startsWith('selfLink')).map(fieldType)
  return {
    name,
    fields: new Map(fields.map(field => [field.name, field])),
    written: fields.filter(field => field.omit === 'never' || (field.omit === 'empty' && isStructLike(field.type))),
  }
}

function fieldType(entry: string): FieldType {
  const at = entry.search(/[!?~]/)
  const omit = entry[at] === '!' ? 'never' : entry[at] === '?' ? 'empty' : 'zero'
  return { name: entry.slice(0, at), omit, type: typeRef(entry.slice(at + 1)) }
}

function typeRef(text: string): TypeRef {
  if (text.startsWith('*')) return { kind: 'pointer', of: typeRef(text.slice(1)) }
  if (text.startsWith('[]')) return { kind: 'list', of: typeRef(text.slice(2)) }
  if (text.startsWith('{}')) {
    const [of = '', name] = text.slice(2).split('=')
    return name === 'ResourceList'
      ? { kind: 'map', of: typeRef(of), resources: true }
      : { kind: 'map', of: typeRef(text.slice(2)), resources: false }
  }
  if (text.includes('/')) return { kind: 'struct', name: text }
  const [basic = '', goType = basic] = text.split('=')
  return { kind: 'leaf', leaf: leafOf(basic), goType }
}

function leafOf(basic: string): Leaf {
  if (/^u?int\d+$/.test(basic) || basic === 'int') return 'int'
  if (basic.startsWith('float')) return 'float'
  return basic as Leaf
}
