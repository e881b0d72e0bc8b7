import type { YamlNode } from '../../manifest/yaml/node.ts'
import { splitPath } from './field-path.ts'
import { spendSteps } from './meter.ts'
import { fieldOf, get, isNull, lookup, makeNode, setField } from './node.ts'
import { fail, rewording } from './problem.ts'
import { apiVersionOf, currentId, kindOf } from './resource.ts'
import { formatId, type Gvk, splitGroupVersion } from './resource-id.ts'

/** Where a transformer works: a path in objects of a kind, made if it is missing and `create` says so. */
export interface FieldSpec extends Gvk {
  readonly path: string
  readonly create: boolean
  /** The path in parts. */
  readonly segments: readonly string[]
}

export function makeFieldSpec(path: string, fields: Partial<Omit<FieldSpec, 'path' | 'segments'>> = {}): FieldSpec {
  return { group: '', version: '', kind: '', create: false, ...fields, path, segments: splitPath(path, '/') }
}

/** What to do at the end of the path. `createKind` is the kind of node that a missing end becomes. */
export interface FieldEdit {
  readonly set: (node: YamlNode) => void
  readonly createKind?: YamlNode['kind']
  readonly createTag?: string
}

/** Runs the edit at every node that the spec's path reaches; lists on the way are visited item by item. */
export function editField(object: YamlNode, spec: FieldSpec, edit: FieldEdit): void {
  spendSteps()
  if (!matchesKind(object, spec)) return
  rewording(
    message => `considering field '${spec.path}' of object ${formatId(currentId(object))}: ${message}`,
    () => visit(object, spec.segments, 0, spec, edit),
  )
}

/** Runs the edit for every spec. */
export function editFields(object: YamlNode, specs: readonly FieldSpec[], edit: FieldEdit): void {
  for (const spec of specs) editField(object, spec, edit)
}

function matchesKind(object: YamlNode, spec: Gvk): boolean {
  if (spec.kind !== '' && spec.kind !== kindOf(object)) return false
  if (spec.group === '' && spec.version === '') return true
  const { group, version } = splitGroupVersion(apiVersionOf(object))
  return (spec.group === '' || spec.group === group) && (spec.version === '' || spec.version === version)
}

function visit(node: YamlNode, path: readonly string[], at: number, spec: FieldSpec, edit: FieldEdit): void {
  if (at === path.length) {
    edit.set(node)
    return
  }
  if (isNull(node)) return
  if (node.kind === 'mapping') visitMap(node, path, at, spec, edit)
  else if (node.kind === 'sequence')
    rewording(
      message => `visit traversal on path: [${path.slice(at).join(' ')}]: ${message}`,
      () => {
        for (const item of node.content) visit(item, path, at, spec, edit)
      },
    )
  else if (node.kind === 'alias' && node.target !== undefined) visit(node.target, path, at, spec, edit)
  else
    fail('expected sequence or mapping node', {
      code: 'wrong-node-kind',
      position: node.line > 0 ? node : undefined,
    })
}

/** Path parts that `lookup` does not take as names. */
const special = /^([-+]?\d+|-|\*|\[.*\]|\s.*|.*\s)$/

function visitMap(node: YamlNode, path: readonly string[], at: number, spec: FieldSpec, edit: FieldEdit): void {
  const part = path[at] ?? ''
  const isList = part.endsWith('[]')
  const name = isList ? part.slice(0, -2) : part
  if (name === '') fail('cannot set or create an empty field name')
  const isLast = at === path.length - 1
  const creates = spec.create && edit.createKind !== undefined && !isList
  const kind = isList ? 'sequence' : creates ? (isLast ? (edit.createKind as YamlNode['kind']) : 'mapping') : undefined
  let field = special.test(name) ? lookup(node, [name]) : fieldOf(node, name)
  if (field === undefined) {
    if (!creates || kind === undefined) return
    const made = makeNode(kind)
    setField(node, name, made)
    field = get(node, name) ?? made
  }
  if (field.tag === '!!null' && kind !== undefined) {
    field.kind = kind
    field.tag = isList ? '' : isLast ? (edit.createTag ?? '') : '!!map'
  }
  visit(field, path, at + 1, spec, edit)
}
