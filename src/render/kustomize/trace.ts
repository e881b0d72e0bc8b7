import type { Position } from '../../manifest/diagnostic.ts'
import { isArray, isObject, type JsonValue } from '../../manifest/json.ts'
import { put } from '../../manifest/own.ts'
import type { ProvenanceStep } from '../../manifest/rendered.ts'
import type { YamlNode } from '../../manifest/yaml/node.ts'
import { nodeAt } from '../../manifest/yaml/node-tools.ts'
import type { Tracer } from './context.ts'
import { copyNode, isEmpty } from './node.ts'
import { internalNotes, originNote, type Resource, transformationsNote } from './resource.ts'

/** What one step left of one object. */
interface Version {
  readonly by: string
  readonly position: Position | undefined
  readonly node: YamlNode
  readonly text: string
}

/** A tracer that keeps what each step made of each object. */
export interface Trace extends Tracer {
  /** The steps that gave a field its value, first to last. */
  explain(resource: Resource, pointer: string): readonly ProvenanceStep[]
}

export function makeTrace(): Trace {
  const histories = new Map<Resource, Version[]>()
  return {
    step(by, position, list) {
      for (const resource of list.items) {
        if (isEmpty(resource.node)) continue
        const history = histories.get(resource) ?? []
        const text = textOf(resource.node)
        if (history.at(-1)?.text === text) continue
        history.push({ by, position, node: copyNode(resource.node), text })
        histories.set(resource, history)
      }
    },
    explain: (resource, pointer) => explainField(histories.get(resource) ?? [], pointer),
  }
}

const hidden = new Set<string>([...internalNotes, originNote, transformationsNote])

/** What the object says, as text that is equal where it says the same. */
function textOf(node: YamlNode): string {
  return JSON.stringify(sayingOf(node))
}

/** A value that tells what a node says; unlike the object itself it is there while a step has left a key twice. */
function sayingOf(node: YamlNode): JsonValue {
  if (node.kind === 'sequence') return node.content.map(sayingOf)
  if (node.kind !== 'mapping') return node.tag === '' || node.tag === '!!str' ? node.value : `${node.tag} ${node.value}`
  const fields: Record<string, JsonValue | undefined> = {}
  for (let i = 0; i < node.content.length; i += 2) {
    const name = node.content[i]?.value ?? ''
    if (!hidden.has(name) && !Object.hasOwn(fields, name)) put(fields, name, sayingOf(node.content[i + 1] as YamlNode))
  }
  return fields
}

/** Parts of a JSON pointer, with numbers for items of lists. */
function parsePointer(pointer: string): string[] {
  if (pointer === '') return []
  return pointer
    .slice(1)
    .split('/')
    .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function valueAt(value: JsonValue | undefined, path: readonly string[]): JsonValue | undefined {
  let at = value
  for (const part of path) {
    if (isArray(at)) at = at[Number(part)]
    else if (isObject(at)) at = Object.hasOwn(at, part) ? at[part] : undefined
    else return undefined
  }
  return at
}

function explainField(history: readonly Version[], pointer: string): ProvenanceStep[] {
  const path = parsePointer(pointer)
  const steps: ProvenanceStep[] = []
  let before: string | undefined
  for (const { by, position, node, text } of history) {
    const value = JSON.stringify(valueAt(JSON.parse(text) as JsonValue, path))
    if (value === before) continue
    before = value
    const place = placeOf(node, path) ?? position
    steps.push(place === undefined ? { by } : { by, position: place })
  }
  return steps
}

/** Where the field's value is written, or what is nearest around it. */
function placeOf(node: YamlNode, path: readonly string[]): Position | undefined {
  const found = nodeAt(node, stepsIn(node, path))
  if (found === undefined || found.line === 0 || found.file === '') return undefined
  return { file: found.file, line: found.line, column: found.column }
}

function stepsIn(node: YamlNode, path: readonly string[]): (string | number)[] {
  const steps: (string | number)[] = []
  for (const part of path) {
    const at = nodeAt(node, steps)
    steps.push(at?.kind === 'sequence' ? Number(part) : part)
  }
  return steps
}
