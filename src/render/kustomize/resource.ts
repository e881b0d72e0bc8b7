import { compareText } from '../../manifest/compare-text.ts'
import type { YamlNode } from '../../manifest/yaml/node.ts'
import {
  clear,
  copyNode,
  fieldOf,
  get,
  isEmpty,
  isNull,
  lookupCreate,
  mapping,
  scalar,
  setField,
  stringNode,
} from './node.ts'
import { fail } from './problem.ts'
import { type Gvk, joinGroupVersion, type ResourceId, splitGroupVersion } from './resource-id.ts'
import type { SharedResource } from './shared-resource.ts'

/**
 * One object on its way through a build. What kustomize has to remember about it (former names, prefixes, behaviour)
 * stands in annotations of its own, as in the original, because patches and selectors can see and lose them.
 */
export interface Resource {
  node: YamlNode
  /** Names of the variables that take their value from this object. */
  variables: string[]
  /** Set as long as nothing has been done to an object that other builds use as well; looking at `node` makes it a copy. */
  shared: SharedResource | undefined
}

const domain = 'internal.config.kubernetes.io'

export const notes = {
  previousKinds: `${domain}/previousKinds`,
  previousNames: `${domain}/previousNames`,
  previousNamespaces: `${domain}/previousNamespaces`,
  prefixes: `${domain}/prefixes`,
  suffixes: `${domain}/suffixes`,
  referredBy: `${domain}/refBy`,
  behavior: `${domain}/generatorBehavior`,
  needsHash: `${domain}/needsHashSuffix`,
  allowNameChange: `${domain}/allowNameChange`,
  allowKindChange: `${domain}/allowKindChange`,
  helmGenerated: `${domain}/helm-generated`,
} as const

/** Annotations that never reach the output. */
export const internalNotes: readonly string[] = [
  ...Object.values(notes),
  `${domain}/path`,
  `${domain}/index`,
  `${domain}/seqindent`,
  `${domain}/id`,
  `${domain}/annotations-migration-resource-id`,
  'config.kubernetes.io/path',
  'config.kubernetes.io/index',
  'config.k8s.io/id',
]

export const originNote = 'config.kubernetes.io/origin'
export const transformationsNote = 'alpha.config.kubernetes.io/transformations'

export function makeResource(node: YamlNode): Resource {
  return { node, variables: [], shared: undefined }
}

export function copyResource(resource: Resource): Resource {
  return { node: copyNode(resource.node), variables: [...resource.variables], shared: undefined }
}

export function kindOf(node: YamlNode): string {
  return fieldOf(node, 'kind')?.value ?? ''
}

export function apiVersionOf(node: YamlNode): string {
  return fieldOf(node, 'apiVersion')?.value ?? ''
}

function metadataOf(node: YamlNode): YamlNode | undefined {
  const metadata = fieldOf(node, 'metadata')
  return isEmpty(metadata) ? undefined : metadata
}

function metadataText(node: YamlNode, field: string): string {
  const value = fieldOf(metadataOf(node), field)
  return value === undefined || isEmpty(value) ? '' : value.value
}

export function nameOf(node: YamlNode): string {
  return metadataText(node, 'name')
}

export function namespaceOf(node: YamlNode): string {
  return metadataText(node, 'namespace')
}

export function gvkOf(node: YamlNode): Gvk {
  return { ...splitGroupVersion(apiVersionOf(node)), kind: kindOf(node) }
}

/** The id as it is now. */
export function currentId(node: YamlNode): ResourceId {
  return { ...gvkOf(node), name: nameOf(node), namespace: namespaceOf(node) }
}

/** All ids that the resource had before, oldest first. */
export function previousIds(node: YamlNode): ResourceId[] {
  const names = annotationOf(node, notes.previousNames)
  if (names === undefined) return []
  const nameList = names.split(',')
  const namespaces = (annotationOf(node, notes.previousNamespaces) ?? '').split(',')
  const kinds = (annotationOf(node, notes.previousKinds) ?? '').split(',')
  if (nameList.length !== namespaces.length || nameList.length !== kinds.length)
    fail('number of previous names, number of previous namespaces, number of previous kinds not equal')
  const gv = splitGroupVersion(apiVersionOf(node))
  return nameList.map((name, i) => ({
    ...gv,
    kind: kinds[i] ?? '',
    name,
    namespace: namespaces[i] ?? '',
  }))
}

/** The id that the resource came with. */
export function originalId(node: YamlNode): ResourceId {
  const names = annotationOf(node, notes.previousNames)
  if (names === undefined) return currentId(node)
  const first = (text: string | undefined): string => text?.split(',', 1)[0] ?? ''
  return {
    ...splitGroupVersion(apiVersionOf(node)),
    kind: first(annotationOf(node, notes.previousKinds)),
    name: first(names),
    namespace: first(annotationOf(node, notes.previousNamespaces)),
  }
}

function mapOf(node: YamlNode, field: 'labels' | 'annotations'): Map<string, string> {
  const map = fieldOf(metadataOf(node), field)
  const entries = new Map<string, string>()
  if (map === undefined || map.kind !== 'mapping') return entries
  for (let i = 0; i < map.content.length; i += 2)
    entries.set(map.content[i]?.value ?? '', map.content[i + 1]?.value ?? '')
  return entries
}

export const labelsOf = (node: YamlNode): Map<string, string> => mapOf(node, 'labels')
export const annotationsOf = (node: YamlNode): Map<string, string> => mapOf(node, 'annotations')

export function annotationOf(node: YamlNode, key: string): string | undefined {
  return fieldOf(fieldOf(metadataOf(node), 'annotations'), key)?.value
}

function setMap(node: YamlNode, field: 'labels' | 'annotations', entries: ReadonlyMap<string, string>): void {
  const metadata = lookupCreate(node, ['metadata'], 'mapping')
  if (metadata === undefined) return
  clear(metadata, field)
  if (entries.size === 0 || isNull(metadata)) return
  const map = mapping()
  for (const key of [...entries.keys()].toSorted(compareText))
    map.content.push(scalar(key), stringNode(entries.get(key) ?? ''))
  metadata.content.push(scalar(field), map)
}

/** Replaces all labels; every value becomes a string. */
export const setLabels = (node: YamlNode, entries: ReadonlyMap<string, string>): void => setMap(node, 'labels', entries)

/** Replaces all annotations; every value becomes a string. */
export const setAnnotations = (node: YamlNode, entries: ReadonlyMap<string, string>): void =>
  setMap(node, 'annotations', entries)

/** Sets one annotation and leaves the others as they are. */
export function annotate(node: YamlNode, key: string, value: string): void {
  const metadata = fieldOf(node, 'metadata')
  const annotations = fieldOf(metadata, 'annotations')
  if (metadata !== undefined && annotations !== undefined && annotations.content.length === 0)
    clear(metadata, 'annotations')
  if (metadata !== undefined && metadata.content.length === 0) clear(node, 'metadata')
  const map = lookupCreate(node, ['metadata', 'annotations'], 'mapping')
  const text = stringNode(value)
  text.style = 'single'
  if (map !== undefined) setField(map, key, text)
}

function appendNote(node: YamlNode, key: string, value: string): void {
  if (value === '') return
  const before = annotationOf(node, key)
  annotate(node, key, before === undefined ? value : `${before},${value}`)
}

/** Remembers the id that is about to change. */
export function rememberId(node: YamlNode, effectiveNamespace: string): void {
  appendNote(node, notes.previousNames, nameOf(node))
  appendNote(node, notes.previousNamespaces, effectiveNamespace)
  appendNote(node, notes.previousKinds, kindOf(node))
}

export const addPrefix = (node: YamlNode, prefix: string): void => appendNote(node, notes.prefixes, prefix)
export const addSuffix = (node: YamlNode, suffix: string): void => appendNote(node, notes.suffixes, suffix)
export const addReferrer = (node: YamlNode, referrer: string): void => appendNote(node, notes.referredBy, referrer)

function noteList(node: YamlNode, key: string): readonly string[] {
  return annotationOf(node, key)?.split(',') ?? []
}

export const prefixesOf = (node: YamlNode): readonly string[] => noteList(node, notes.prefixes)
export const suffixesOf = (node: YamlNode): readonly string[] => noteList(node, notes.suffixes)

export function isEnabled(node: YamlNode, note: string): boolean {
  return annotationOf(node, note) === 'enabled'
}

/** Switches a note on; rewrites all annotations as strings, like every whole write of them. */
export function enable(node: YamlNode, note: string): void {
  setAnnotations(node, annotationsOf(node).set(note, 'enabled'))
}

/** Makes a resource that is shared a copy of its own. */
export function ownNode(resource: Resource): YamlNode {
  return resource.node
}

/** The node for reading alone: one that is shared stays shared. */
export function lookAt(resource: Resource): YamlNode {
  return resource.shared?.node ?? resource.node
}

/** The current id of a resource, without touching one that is shared. */
export function idOf(resource: Resource): ResourceId {
  return resource.shared?.id ?? currentId(resource.node)
}

export type Behavior = 'unspecified' | 'create' | 'replace' | 'merge'

export function behaviorOf(node: YamlNode): Behavior {
  const text = annotationOf(node, notes.behavior)
  return text === 'create' || text === 'replace' || text === 'merge' ? text : 'unspecified'
}

export function setKind(node: YamlNode, kind: string): void {
  setField(node, 'kind', scalar(kind))
}

export function setGvk(node: YamlNode, gvk: Gvk): void {
  setKind(node, gvk.kind)
  setField(node, 'apiVersion', scalar(joinGroupVersion(gvk)))
}

export function setName(node: YamlNode, name: string): void {
  const metadata = lookupCreate(node, ['metadata'], 'mapping')
  if (metadata !== undefined) setField(metadata, 'name', scalar(name))
}

export function setNamespace(node: YamlNode, namespace: string): void {
  const metadata = get(node, 'metadata')
  if (namespace === '') {
    if (metadata !== undefined) clear(metadata, 'namespace')
    return
  }
  const made = lookupCreate(node, ['metadata'], 'mapping')
  if (made !== undefined) setField(made, 'namespace', scalar(namespace))
}

/** Takes labels, annotations, name and namespace over; own labels and annotations win, internal notes come from the other. */
export function inheritMetadata(resource: Resource, from: Resource): void {
  const { node } = resource
  setLabels(node, new Map([...labelsOf(from.node), ...labelsOf(node)]))
  const own = annotationsOf(node)
  const theirs = annotationsOf(from.node)
  const merged = new Map([...theirs, ...own])
  for (const note of internalNotes) {
    const value = theirs.get(note)
    if (value === undefined) merged.delete(note)
    else merged.set(note, value)
  }
  if (!own.has(notes.needsHash)) merged.delete(notes.needsHash)
  setAnnotations(node, merged)
  setName(node, nameOf(from.node))
  setNamespace(node, namespaceOf(from.node))
  resource.variables = [...from.variables]
}
