import { compareElements, type FieldPath, fieldElement, type PathElement } from './path-element.ts'

/**
 * A set of field paths, as a tree: for every first step, whether the path of that step alone belongs to the set, and the
 * set of what belongs to it below. Owning a field does not mean owning what is below it, and the other way round.
 * A node is there only when it holds at least one path.
 */
export type FieldSet = ReadonlyMap<PathElement, FieldNode>
export interface FieldNode {
  readonly member: boolean
  readonly children: FieldSet
}

/** A set under construction. */
export type FieldSetBuilder = Map<PathElement, BuilderNode>
export interface BuilderNode {
  member: boolean
  children: FieldSetBuilder
}

export const emptySet: FieldSet = new Map()
const leaf: FieldNode = { member: true, children: emptySet }

/** Adds a path. The empty path, which is the object itself, belongs to no set. */
export function insertPath(set: FieldSetBuilder, path: FieldPath): void {
  let at = set
  for (let i = 0; i < path.length; i++) {
    const element = path[i]!
    let node = at.get(element)
    if (node === undefined) {
      node = { member: false, children: new Map() }
      at.set(element, node)
    }
    if (i === path.length - 1) node.member = true
    at = node.children
  }
}

export function setOf(...paths: readonly FieldPath[]): FieldSet {
  const set: FieldSetBuilder = new Map()
  for (const path of paths) insertPath(set, path)
  return set
}

/** The set of the given dotted paths of plain fields: `metadata.name`. */
export function fieldSetOf(...paths: readonly string[]): FieldSet {
  return setOf(...paths.map(path => path.split('.').map(fieldElement)))
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a.size === 0 || a === b) return b
  if (b.size === 0) return a
  const out = new Map(a)
  for (const [element, right] of b) {
    const left = a.get(element)
    out.set(
      element,
      left === undefined
        ? right
        : { member: left.member || right.member, children: union(left.children, right.children) },
    )
  }
  return out
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a
  const out = new Map<PathElement, FieldNode>()
  for (const [element, left] of a) {
    const right = b.get(element)
    if (right === undefined) continue
    add(out, element, left.member && right.member, intersection(left.children, right.children))
  }
  return out
}

/** What is in `a` and not in `b`. A field of `b` takes away that field only, not what `a` has below it. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (b.size === 0) return a
  const out = new Map<PathElement, FieldNode>()
  for (const [element, left] of a) {
    const right = b.get(element)
    if (right === undefined) out.set(element, left)
    else add(out, element, left.member && !right.member, difference(left.children, right.children))
  }
  return out
}

/** Like `difference`, and a field of `b` takes away everything below it as well. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  if (b.size === 0) return a
  const out = new Map<PathElement, FieldNode>()
  for (const [element, left] of a) {
    const right = b.get(element)
    if (right === undefined) out.set(element, left)
    else if (!right.member) add(out, element, left.member, recursiveDifference(left.children, right.children))
  }
  return out
}

function add(out: Map<PathElement, FieldNode>, element: PathElement, member: boolean, children: FieldSet): void {
  if (children.size > 0) out.set(element, { member, children })
  else if (member) out.set(element, leaf)
}

export function hasPath(set: FieldSet, path: FieldPath): boolean {
  let at: FieldNode | undefined
  for (const element of path) {
    at = (at?.children ?? set).get(element)
    if (at === undefined) return false
  }
  return at?.member ?? false
}

/** The paths that have no other path of the set below them. */
export function leavesOf(set: FieldSet): FieldSet {
  const out = new Map<PathElement, FieldNode>()
  for (const [element, node] of set) {
    out.set(element, node.children.size === 0 ? leaf : { member: false, children: leavesOf(node.children) })
  }
  return out
}

export function sameSet(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [element, left] of a) {
    const right = b.get(element)
    if (right === undefined || left.member !== right.member || !sameSet(left.children, right.children)) return false
  }
  return true
}

/** Every path of the set in the order in which the API server lists them: a level's own fields before those below them. */
export function pathsOf(set: FieldSet): readonly FieldPath[] {
  const out: FieldPath[] = []
  const visit = (at: FieldSet, prefix: FieldPath) => {
    const sorted = sortedElements(at)
    for (const [element, node] of sorted) if (node.member) out.push([...prefix, element])
    for (const [element, node] of sorted) if (node.children.size > 0) visit(node.children, [...prefix, element])
  }
  visit(set, [])
  return out
}

/** The nodes of one level in canonical order. */
export function sortedElements(set: FieldSet): readonly (readonly [PathElement, FieldNode])[] {
  const entries = [...set]
  for (let i = 1; i < entries.length; i++) {
    if (compareElements(entries[i - 1]![0], entries[i]![0]) > 0)
      return entries.sort(([a], [b]) => compareElements(a, b))
  }
  return entries
}
