import { goJson } from '../../manifest/go-text.ts'
import { dataOf, mergeData, normalizeStringData } from './data-map.ts'
import { spendSteps } from './meter.ts'
import { isEmpty } from './node.ts'
import { fail } from './problem.ts'
import {
  annotationOf,
  annotationsOf,
  apiVersionOf,
  behaviorOf,
  copyResource,
  currentId,
  inheritMetadata,
  kindOf,
  lookAt,
  originNote,
  previousIds,
  type Resource,
  setAnnotations,
} from './resource.ts'
import { debugId, formatId, idKey, type ResourceId, sameId } from './resource-id.ts'
import { toValue } from './value.ts'

/** Resources in the order of the output. No two of them have the same current id when they are added. */
export interface ResourceList {
  items: Resource[]
  /** Current ids of all items; undefined after a step that may have changed ids. */
  known: Map<string, Resource> | undefined
}

export function makeList(items: Resource[] = []): ResourceList {
  return { items, known: undefined }
}

/** To be called after every step that can change ids. */
export function idsChanged(list: ResourceList): void {
  list.known = undefined
}

function knownIds(list: ResourceList): Map<string, Resource> {
  list.known ??= new Map(list.items.map(item => [keyOf(item), item]))
  return list.known
}

/** The current id of a resource as a key of maps. */
export function keyOf(resource: Resource): string {
  return resource.shared?.key ?? idKey(currentId(resource.node))
}

/** Adds a resource; one with the same id is a problem. */
export function append(list: ResourceList, resource: Resource): void {
  const known = knownIds(list)
  const key = keyOf(resource)
  if (known.has(key))
    fail(`may not add resource with an already registered id: ${formatId(currentId(resource.node))}`, {
      code: 'duplicate-resource',
      position: resource.node.line > 0 ? resource.node : undefined,
      hint: 'rename one of the two, or give them different namespaces',
    })
  known.set(key, resource)
  list.items.push(resource)
}

export function appendAll(list: ResourceList, resources: readonly Resource[]): void {
  for (const resource of resources) append(list, resource)
}

/** Resources that have, or had at some time, an id that matches. */
export function matchingAnyId(list: ResourceList, matches: (id: ResourceId) => boolean): Resource[] {
  return list.items.filter(item => {
    spendSteps()
    const node = lookAt(item)
    return !isEmpty(node) && (matches(currentId(node)) || previousIds(node).some(matches))
  })
}

/** The one resource that has or had the id: the target of a patch. */
export function findTarget(list: ResourceList, id: ResourceId): Resource {
  const found = matchingAnyId(list, other => sameId(other, id))
  if (found.length === 1 && found[0] !== undefined) return found[0]
  const what = found.length > 1 ? 'multiple matches' : 'no matches'
  return fail(`${what} for Id ${formatId(id)}; failed to find unique target for patch ${formatId(id)}`, {
    code: found.length > 1 ? 'patch-target-ambiguous' : 'patch-target-missing',
    derived: found.length === 0,
    hint: nearest(list, id),
  })
}

function nearest(list: ResourceList, id: ResourceId): string | undefined {
  const sameKind = list.items.map(item => currentId(item.node)).filter(other => other.kind === id.kind)
  const names = sameKind.map(other => other.name)
  if (names.includes(id.name)) return `did you mean ${formatId(sameKind.find(other => other.name === id.name) ?? id)}?`
  return names.length === 0 ? undefined : `known ${id.kind} resources: ${names.slice(0, 5).join(', ')}`
}

/** Takes generated resources in: new ones are added, others merge with or replace what is there, as their behaviour says. */
export function absorbAll(list: ResourceList, resources: readonly Resource[]): void {
  for (const resource of resources) absorb(list, resource)
}

function absorb(list: ResourceList, resource: Resource): void {
  const id = currentId(resource.node)
  const behavior = behaviorOf(resource.node)
  const found = matchingAnyId(list, other => sameId(other, id))
  const [old] = found
  if (old === undefined) {
    if (behavior === 'merge' || behavior === 'replace')
      fail(`id ${debugId(id)} does not exist; cannot merge or replace`, {
        code: 'generator-base-missing',
        derived: true,
      })
    append(list, resource)
    return
  }
  if (found.length > 1)
    fail(`found multiple objects [${found.map(resourceText).join(' ')}] that could accept merge of ${formatId(id)}`, {
      code: 'generator-base-ambiguous',
    })
  const index = list.items.indexOf(old)
  if (behavior === 'replace') inheritMetadata(resource, old)
  else if (behavior === 'merge') merge(resource, old)
  else
    fail(`id ${debugId(id)} exists; can not use behavior: '${behavior}', behavior must be merge or replace`, {
      code: 'generator-name-taken',
      hint: 'set behavior: merge or behavior: replace',
    })
  list.items[index] = resource
  idsChanged(list)
}

function merge(resource: Resource, old: Resource): void {
  const origin = annotationOf(old.node, originNote)
  const isSecret = apiVersionOf(resource.node) === 'v1' && kindOf(resource.node) === 'Secret'
  const base = isSecret ? normalizeStringData(copyResource(old).node) : old.node
  inheritMetadata(resource, old)
  mergeData(resource.node, dataOf(base, 'data'), dataOf(old.node, 'binaryData'))
  if (origin !== undefined) setAnnotations(resource.node, annotationsOf(resource.node).set(originNote, origin))
}

/** Drops what patches have deleted. */
export function dropEmpty(list: ResourceList): void {
  const isDeleted = (item: Resource): boolean => item.shared === undefined && isEmpty(item.node)
  if (!list.items.some(isDeleted)) return
  list.items = list.items.filter(item => !isDeleted(item))
  idsChanged(list)
}

/** JSON of a resource, as Go prints it in errors. */
export function resourceText(resource: Resource): string {
  return goJson(toValue(resource.node))
}
