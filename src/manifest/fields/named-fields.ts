import { emptySet, type FieldNode, type FieldSet } from './field-set.ts'
import type { MergeType } from './merge-type.ts'
import type { PathElement } from './path-element.ts'

/** The set with every declared field of a struct that has something of the set below it. Keys of maps and items stay out. */
export function withNamedFields(set: FieldSet, type: MergeType | undefined): FieldSet {
  if (set.size === 0) return emptySet
  const out = new Map<PathElement, FieldNode>()
  for (const [element, node] of set) {
    if (node.children.size === 0) {
      out.set(element, node)
      continue
    }
    let below: MergeType | undefined
    let declared = false
    if (element.startsWith('f:')) {
      const field = type?.map?.fields.get(element.slice(2))
      declared = field !== undefined
      below = field?.type ?? type?.map?.element
    } else if (element.startsWith('k:')) below = type?.list?.element
    out.set(element, { member: node.member || declared, children: withNamedFields(node.children, below) })
  }
  return out
}
