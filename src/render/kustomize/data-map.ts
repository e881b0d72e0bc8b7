import { compareText } from '../../manifest/compare-text.ts'
import { goQuote } from '../../manifest/go-text.ts'
import type { YamlNode } from '../../manifest/yaml/node.ts'
import { spendSteps, spendText } from './meter.ts'
import { clear, get, isNull, lookupCreate, scalar, setField, textIn } from './node.ts'
import { fail } from './problem.ts'

/** A value of a ConfigMap or Secret before it is encoded. */
export type DataValue = string | Uint8Array

const lineLength = 70

/** Base64 in lines of 70 characters when it is longer than one line, as yaml.v3 writes binary data. */
export function foldedBase64(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('base64')
  if (Math.floor(text.length / lineLength) + 1 === 1) return text
  let out = ''
  for (let i = 0; i < text.length; i += lineLength) out += `${text.slice(i, i + lineLength)}\n`
  return out
}

const bytesOf = (value: DataValue): Uint8Array => (typeof value === 'string' ? Buffer.from(value) : value)

function textNode(text: string): YamlNode {
  spendSteps()
  spendText(text.length)
  return scalar(text, '!!str', text.includes('\n') ? 'literal' : 'plain')
}

const sortedKeys = (entries: ReadonlyMap<string, unknown>): string[] => [...entries.keys()].toSorted(compareText)

/** Puts entries into `data` of a ConfigMap; bytes that are not UTF-8 go to `binaryData`. */
export function setConfigMapData(node: YamlNode, entries: ReadonlyMap<string, DataValue>): void {
  for (const key of sortedKeys(entries)) {
    const value = entries.get(key) ?? ''
    const field = typeof value === 'string' ? 'data' : 'binaryData'
    const map = lookupCreate(node, [field], 'mapping')
    if (map !== undefined) setField(map, key, textNode(typeof value === 'string' ? value : foldedBase64(value)))
  }
}

/** Puts entries into `data` of a Secret, encoded. */
export function setSecretData(node: YamlNode, entries: ReadonlyMap<string, DataValue>): void {
  const map = lookupCreate(node, ['data'], 'mapping')
  if (map === undefined) return
  for (const key of sortedKeys(entries)) setField(map, key, textNode(foldedBase64(bytesOf(entries.get(key) ?? ''))))
}

/** Entries of `data` or `binaryData` as text. */
export function dataOf(node: YamlNode, field: 'data' | 'binaryData'): Map<string, string> {
  const map = get(node, field)
  const entries = new Map<string, string>()
  if (map === undefined || map.kind !== 'mapping') return entries
  for (let i = 0; i < map.content.length; i += 2) entries.set(textIn(map.content[i]), textIn(map.content[i + 1]))
  return entries
}

/** Adds the entries of an older object below the own ones. */
export function mergeData(
  node: YamlNode,
  data: ReadonlyMap<string, string>,
  binaryData: ReadonlyMap<string, string>,
): void {
  const text = new Map([...data, ...dataOf(node, 'data')])
  clear(node, 'data')
  setConfigMapData(node, text)
  const binary = new Map([...binaryData, ...dataOf(node, 'binaryData')])
  clear(node, 'binaryData')
  for (const key of sortedKeys(binary)) {
    const map = lookupCreate(node, ['binaryData'], 'mapping')
    if (map !== undefined) setField(map, key, textNode(binary.get(key) ?? ''))
  }
}

/** Moves `stringData` of a Secret into `data`, as the API server does. Changes the node and returns it. */
export function normalizeStringData(node: YamlNode): YamlNode {
  const stringData = get(node, 'stringData')
  if (stringData !== undefined && !isNull(stringData)) {
    const entries = new Map<string, string>()
    for (let i = 0; i < stringData.content.length; i += 2) {
      const key = textIn(stringData.content[i])
      const value = stringData.content[i + 1]
      if (value === undefined || value.kind !== 'scalar')
        fail(`stringData value for key ${goQuote(key)} must be a scalar`, { code: 'wrong-value-type' })
      entries.set(key, textIn(value))
    }
    setSecretData(node, entries)
  }
  clear(node, 'stringData')
  return node
}
