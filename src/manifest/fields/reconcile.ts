import { emptySet, type FieldNode, type FieldSet } from './field-set.ts'
import type { MergeType } from './merge-type.ts'
import type { PathElement } from './path-element.ts'

/**
 * A field set as it reads after the schema has changed: where a field has become atomic, its owner owns it as a whole.
 * The same set comes back where nothing has.
 */
export function reconcileWithSchema(set: FieldSet, type: MergeType): FieldSet {
  const { map, list } = type
  // Types without a declared shape never were anything else.
  if (map !== undefined && (map.fields.size > 0 || map.element?.scalar !== 'untyped')) {
    return eachChild(set, element => map.fields.get(element.slice(2))?.type ?? map.element)
  }
  if (map === undefined && type.scalar === undefined && list !== undefined) return eachChild(set, () => list.element)
  return set
}

function eachChild(set: FieldSet, typeOf: (element: PathElement) => MergeType | undefined): FieldSet {
  let out: Map<PathElement, FieldNode> | undefined
  for (const [element, node] of set) {
    if (node.children.size === 0) continue
    const type = typeOf(element)
    if (type === undefined) continue
    let next = node
    if (isAtomic(type)) next = { member: true, children: emptySet }
    else {
      const children = reconcileWithSchema(node.children, type)
      if (children !== node.children) next = { member: node.member, children }
    }
    if (next === node) continue
    out ??= new Map(set)
    out.set(element, next)
  }
  return out ?? set
}

function isAtomic({ map, scalar, list }: MergeType): boolean {
  if (map !== undefined) return map.atomic
  return scalar === undefined && (list?.atomic ?? false)
}
