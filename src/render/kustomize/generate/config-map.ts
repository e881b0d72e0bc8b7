import { compareText } from '../../../manifest/compare-text.ts'
import type { YamlNode } from '../../../manifest/yaml/node.ts'
import { setConfigMapData, setSecretData } from '../data-map.ts'
import { type ReadBytes, readKeyValues } from '../key-values.ts'
import type { GeneratorArgs, GeneratorOptions, SecretArgs } from '../kustomization-fields.ts'
import { lookupCreate, mapping, scalar, setField, stringNode } from '../node.ts'
import { fail } from '../problem.ts'
import { annotate, annotationsOf, enable, makeResource, notes, type Resource, setAnnotations } from '../resource.ts'

/** Makes a ConfigMap from literals and files. */
export function generateConfigMap(args: GeneratorArgs, read: ReadBytes): Resource {
  const node = baseNode('ConfigMap', args)
  setConfigMapData(node, readKeyValues(args, read))
  return finish(node, args)
}

/** Makes a Secret; `Opaque` unless a type is given. */
export function generateSecret(args: SecretArgs, read: ReadBytes): Resource {
  const node = baseNode('Secret', args)
  setField(node, 'type', stringNode(args.type === '' ? 'Opaque' : args.type))
  setSecretData(node, readKeyValues(args, read))
  return finish(node, args)
}

function baseNode(kind: string, args: GeneratorArgs): YamlNode {
  if (args.name === '') fail('a configmap must have a name', { code: 'generator-without-name', hint: 'set name' })
  const node = mapping()
  setField(node, 'apiVersion', stringNode('v1'))
  setField(node, 'kind', stringNode(kind))
  const metadata = mapping()
  setField(node, 'metadata', metadata)
  setField(metadata, 'name', stringNode(args.name))
  if (args.namespace !== '') setField(metadata, 'namespace', stringNode(args.namespace))
  return node
}

function finish(node: YamlNode, args: GeneratorArgs): Resource {
  const { options } = args
  if (options !== undefined) applyOptions(node, options)
  if (options?.disableNameSuffixHash !== true) enable(node, notes.needsHash)
  const known = ['create', 'replace', 'merge'].includes(args.behavior)
  setAnnotations(node, annotationsOf(node).set(notes.behavior, known ? args.behavior : 'unspecified'))
  return makeResource(node)
}

function applyOptions(node: YamlNode, options: GeneratorOptions): void {
  const sorted = (map: ReadonlyMap<string, string> | undefined): [string, string][] =>
    [...(map ?? [])].toSorted(([a], [b]) => compareText(a, b))
  for (const [key, value] of sorted(options.labels)) {
    const map = lookupCreate(node, ['metadata', 'labels'], 'mapping')
    const text = stringNode(value)
    text.style = 'single'
    if (map !== undefined) setField(map, key, text)
  }
  for (const [key, value] of sorted(options.annotations)) annotate(node, key, value)
  if (options.immutable) setField(node, 'immutable', scalar('true', '!!bool'))
}

/** Options of one generator, completed by those of all. */
export function mergeOptions(
  own: GeneratorOptions | undefined,
  global: GeneratorOptions | undefined,
): GeneratorOptions | undefined {
  if (global === undefined) return own
  const join = (
    a: ReadonlyMap<string, string> | undefined,
    b: ReadonlyMap<string, string> | undefined,
  ): ReadonlyMap<string, string> | undefined =>
    a === undefined && b === undefined ? undefined : new Map([...(b ?? []), ...(a ?? [])])
  return {
    labels: join(own?.labels, global.labels),
    annotations: join(own?.annotations, global.annotations),
    disableNameSuffixHash: own?.disableNameSuffixHash === true || global.disableNameSuffixHash,
    immutable: own?.immutable === true || global.immutable,
  }
}
