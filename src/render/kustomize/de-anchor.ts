import type { YamlNode } from '../../manifest/yaml/node.ts'
import { spendSteps } from './meter.ts'
import { clear, copyNode } from './node.ts'
import { fail } from './problem.ts'

/** Replaces aliases by copies of what they name, and carries out merge keys (`<<`). Changes the tree. */
export function deAnchor(node: YamlNode): void {
  if (hasAnchors(node)) resolve(node, { left: maxNodes })
}

/** More nodes than this out of aliases are an attack. */
const maxNodes = 1_000_000

interface Budget {
  left: number
}

function hasAnchors(node: YamlNode): boolean {
  return (
    node.kind === 'alias' ||
    node.anchor !== '' ||
    node.tag === '!!merge' ||
    node.content.some(child => hasAnchors(child))
  )
}

function resolve(node: YamlNode, budget: Budget): YamlNode {
  node.anchor = ''
  if (node.kind === 'scalar') return node
  if (node.kind === 'alias') {
    if (node.target === undefined) return node
    const target = resolve(node.target, budget)
    spend(target, budget)
    return copyNode(target)
  }
  if (node.kind === 'mapping') mergeKeys(node, budget)
  for (const [i, child] of node.content.entries()) node.content[i] = resolve(child, budget)
  return node
}

function spend(node: YamlNode, budget: Budget): void {
  budget.left--
  if (budget.left < 0)
    fail('document contains excessive aliasing', {
      code: 'yaml-budget',
      position: node.line > 0 ? node : undefined,
      hint: 'aliases inside of aliases multiply; write the values out',
    })
  for (const child of node.content) spend(child, budget)
}

function mergeKeys(node: YamlNode, budget: Budget): void {
  const index = node.content.findIndex((key, i) => i % 2 === 0 && key.tag === '!!merge')
  if (index < 0) return
  const value = node.content[index + 1]
  if (node.content.some((key, i) => i % 2 === 0 && i > index && key.tag === '!!merge'))
    fail('duplicate merge key', { code: 'yaml-merge', position: node.line > 0 ? node : undefined })
  const sources = mergeSources(value)
  clear(node, '<<')
  const own = node.content
  node.content = []
  for (const source of sources) {
    spend(source, budget)
    setEntries(node, copyNode(source).content)
  }
  setEntries(node, own)
}

function setEntries(map: YamlNode, content: readonly YamlNode[]): void {
  for (let i = 0; i < content.length; i += 2) setEntry(map, content[i] as YamlNode, content[i + 1] as YamlNode)
}

function setEntry(map: YamlNode, key: YamlNode, value: YamlNode): void {
  spendSteps(1 + map.content.length / 64)
  for (let i = 0; i < map.content.length; i += 2) {
    if (map.content[i]?.value !== key.value) continue
    map.content[i] = key
    map.content[i + 1] = value
    return
  }
  map.content.push(key, value)
}

function mergeSources(value: YamlNode | undefined): YamlNode[] {
  switch (value?.kind) {
    case 'mapping':
      return [value]
    case 'alias':
      if (value.target?.kind !== 'mapping')
        fail('invalid map merge: received alias for a non-map value', { code: 'yaml-merge' })
      return [value.target]
    case 'sequence': {
      const sources: YamlNode[] = []
      for (const item of value.content) {
        if (item.kind === 'sequence') fail('invalid map merge: received a nested sequence', { code: 'yaml-merge' })
        sources.unshift(...mergeSources(item))
      }
      return sources
    }
    default:
      return fail('map merge requires map or sequence of maps as the value', { code: 'yaml-merge' })
  }
}
