import type { YamlNode } from '../../manifest/yaml/node.ts'
import { fieldOf, mapping, scalar, sequence, stringNode } from './node.ts'
import { parseRepository } from './remote.ts'
import {
  annotationOf,
  annotationsOf,
  apiVersionOf,
  kindOf,
  nameOf,
  namespaceOf,
  originNote,
  type Resource,
  setAnnotations,
  transformationsNote,
} from './resource.ts'
import { nodeText, parseText } from './yaml-text.ts'

/** Where an object comes from, or what changed it, as the annotations of `buildMetadata` tell it. */
export interface Origin {
  readonly path?: string
  readonly repo?: string
  readonly ref?: string
  readonly configuredIn?: string
  readonly configuredBy?: ConfiguredBy
}

interface ConfiguredBy {
  readonly apiVersion: string
  readonly kind: string
  readonly name?: string
  readonly namespace?: string
}

/** Go's `filepath.Join`. */
export function joinClean(a: string, b: string): string {
  const parts: string[] = []
  for (const part of `${a}/${b}`.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else parts.push(part)
  }
  return parts.join('/')
}

/** The origin of something that a path or repository reference names. */
export function appendOrigin(origin: Origin, path: string): Origin {
  const spec = parseRepository(path)
  if (spec === undefined) return { ...origin, path: joinClean(origin.path ?? '', path) }
  const { path: _, ref: __, ...rest } = origin
  return { ...rest, repo: spec.cloneUrl, ...(spec.ref === '' ? {} : { ref: spec.ref }), path: joinClean('', spec.path) }
}

/** The origin of what a field of the kustomization makes or changes. */
export function configuredBy(origin: Origin, file: string, kind: string): Origin {
  return {
    ...(origin.repo === undefined ? {} : { repo: origin.repo }),
    ...(origin.ref === undefined ? {} : { ref: origin.ref }),
    configuredIn: joinClean(origin.path ?? '', file),
    configuredBy: { apiVersion: 'builtin', kind },
  }
}

/** The origin of what a plugin's own object configures; undefined where the object has none. */
export function pluginOrigin(plugin: Resource): Origin | undefined {
  const text = annotationOf(plugin.node, originNote)
  if (text === undefined) return undefined
  const origin = parseText(text)
  const value = (field: string): string | undefined => fieldOf(origin, field)?.value
  const repo = value('repo')
  const ref = value('ref')
  const name = nameOf(plugin.node)
  const namespace = namespaceOf(plugin.node)
  return {
    ...(repo === undefined ? {} : { repo }),
    ...(ref === undefined ? {} : { ref }),
    configuredIn: value('path') ?? '',
    configuredBy: {
      apiVersion: apiVersionOf(plugin.node),
      kind: kindOf(plugin.node),
      ...(name === '' ? {} : { name }),
      ...(namespace === '' ? {} : { namespace }),
    },
  }
}

function originNode(origin: Origin): YamlNode {
  const node = mapping()
  const add = (to: YamlNode, key: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') to.content.push(scalar(key), stringNode(value))
  }
  add(node, 'path', origin.path)
  add(node, 'repo', origin.repo)
  add(node, 'ref', origin.ref)
  add(node, 'configuredIn', origin.configuredIn)
  if (origin.configuredBy !== undefined) {
    const by = mapping()
    add(by, 'apiVersion', origin.configuredBy.apiVersion)
    add(by, 'kind', origin.configuredBy.kind)
    add(by, 'name', origin.configuredBy.name)
    add(by, 'namespace', origin.configuredBy.namespace)
    node.content.push(scalar('configuredBy'), by)
  }
  return node
}

export function originText(origin: Origin): string {
  const node = originNode(origin)
  return node.content.length === 0 ? '{}\n' : nodeText(node)
}

/** Notes where a resource comes from, unless that is known. */
export function noteOrigin(resource: Resource, origin: Origin): void {
  if (annotationOf(resource.node, originNote) !== undefined) return
  setAnnotations(resource.node, annotationsOf(resource.node).set(originNote, originText(origin)))
}

/** Notes what changed a resource; the first thing that is known about one is its origin. */
export function noteTransformation(resource: Resource, origin: Origin): void {
  const annotations = annotationsOf(resource.node)
  if (!annotations.has(originNote)) annotations.set(originNote, originText(origin))
  else {
    const before = annotations.get(transformationsNote) ?? ''
    annotations.set(transformationsNote, before + nodeText(sequence([originNode(origin)])))
  }
  setAnnotations(resource.node, annotations)
}
