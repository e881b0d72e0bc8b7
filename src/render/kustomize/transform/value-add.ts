import type { YamlNode } from '../../../manifest/yaml/node.ts'
import { integer, listOf, optional, struct, text } from '../decode.ts'
import { decodeSelector } from '../kustomization.ts'
import { expectKind, lookupCreate, scalar, setScalar } from '../node.ts'
import { fail } from '../problem.ts'
import { idsChanged, type ResourceList } from '../resource-list.ts'
import { type Selector, select } from '../selector.ts'
import { setObjectNamespace } from './namespace.ts'

/** Where a ValueAddTransformer puts its value. */
export interface ValueTarget {
  readonly selector: Selector | undefined
  readonly fieldPath: string
  readonly filePathPosition: number
}

export const decodeValueTargets = listOf(
  struct<ValueTarget>('builtins.Target', {
    selector: optional(decodeSelector),
    fieldPath: text,
    filePathPosition: integer,
  }),
  '[]builtins.Target',
)

/** Sets a field, or inserts a part into a path that a field holds. */
export function addValues(value: string, targets: readonly ValueTarget[]): (list: ResourceList) => void {
  if (targets.length === 0) fail('must specify at least one target', { code: 'plugin-config' })
  for (const { fieldPath, filePathPosition } of targets) {
    if (fieldPath === '') fail('fieldPath cannot be empty', { code: 'plugin-config' })
    if (filePathPosition < 0)
      fail(`value of FilePathPosition (${filePathPosition}) cannot be negative`, { code: 'plugin-config' })
  }
  return list => {
    for (const target of targets) {
      const chosen = target.selector === undefined ? list.items : select(list.items, target.selector)
      for (const { node } of chosen) {
        if (target.fieldPath === 'metadata/namespace') setObjectNamespace(node, { namespace: value, specs: [] })
        else addValue(node, value, target)
      }
    }
    idsChanged(list)
  }
}

function addValue(node: YamlNode, value: string, { fieldPath, filePathPosition }: ValueTarget): void {
  const parts: string[] = []
  for (const part of fieldPath.split('/')) {
    const before = parts.at(-1)
    if (before?.endsWith('\\')) parts[parts.length - 1] = `${before.slice(0, -1)}/${part}`
    else parts.push(part)
  }
  const field = lookupCreate(node, parts, 'scalar')
  if (field === undefined) return
  expectKind(field, 'scalar')
  const text = filePathPosition > 0 ? insertPart(field.value, filePathPosition - 1, value) : value
  setScalar(field, scalar(text))
}

/** Inserts a part into a path; a leading slash does not count as a part. */
function insertPart(path: string, position: number, part: string): string {
  if (part === '') return path
  const isAbsolute = path.startsWith('/')
  const parts = path.split('/').filter((name, i) => name !== '' || (i > 0 && i < path.split('/').length - 1))
  const clean = parts.filter(name => name !== '')
  clean.splice(Math.min(Math.max(position, 0), clean.length), 0, part)
  return (isAbsolute ? '/' : '') + clean.join('/')
}
