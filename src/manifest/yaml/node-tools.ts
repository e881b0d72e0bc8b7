import type { Position } from '../diagnostic.ts'
import type { YamlNode } from './node.ts'

/** Where the node starts; line 0 for a node that no text gave. */
export function positionOf({ file, line, column }: YamlNode): Position {
  return { file, line, column }
}

/**
 * The node at a path of keys and indexes, seen through documents and aliases; undefined where nothing is. Keys are compared
 * with the text of the key.
 */
export function nodeAt(node: YamlNode, path: readonly (string | number)[]): YamlNode | undefined {
  let at: YamlNode | undefined = unwrap(node)
  for (const step of path) {
    if (at === undefined) return undefined
    const next: YamlNode | undefined = typeof step === 'number' ? itemAt(at, step) : entryOf(at, step)
    at = next === undefined ? undefined : unwrap(next)
  }
  return at
}

/** The node itself where it is no document and no alias, else the node behind. */
export function unwrap(node: YamlNode): YamlNode | undefined {
  let at: YamlNode | undefined = node
  for (let i = 0; i < 16 && at !== undefined; i++) {
    if (at.kind === 'document') at = at.content[0]
    else if (at.kind === 'alias') at = at.target
    else return at
  }
  return undefined
}

function itemAt(node: YamlNode, index: number): YamlNode | undefined {
  return node.kind === 'sequence' ? node.content[index] : undefined
}

function entryOf(node: YamlNode, key: string): YamlNode | undefined {
  if (node.kind !== 'mapping') return undefined
  const { content } = node
  for (let i = 0; i + 1 < content.length; i += 2) if (content[i]!.value === key) return content[i + 1]
  return undefined
}

/** A deep copy; aliases inside the copy point at the copied anchors. */
export function cloneNode(node: YamlNode): YamlNode {
  const copies = new Map<YamlNode, YamlNode>()
  const aliases: YamlNode[] = []
  const copy = clone(node, copies, aliases)
  for (const alias of aliases) alias.target = copies.get(alias.target!) ?? alias.target
  return copy
}

function clone(node: YamlNode, copies: Map<YamlNode, YamlNode>, aliases: YamlNode[]): YamlNode {
  const copy: YamlNode = { ...node, content: node.content.map(child => clone(child, copies, aliases)) }
  if (node.anchor !== '') copies.set(node, copy)
  if (node.target !== undefined) aliases.push(copy)
  return copy
}
