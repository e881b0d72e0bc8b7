import { goQuote } from '../../../manifest/go-text.ts'
import { isObject, type JsonObject } from '../../../manifest/json.ts'
import { applyJsonPatch, type JsonPatch } from '../json-patch.ts'
import type { Patch, PatchOptions } from '../kustomization-fields.ts'
import type { MergeSchemas } from '../merge-schema.ts'
import { isEmpty, scalar } from '../node.ts'
import { printProblem } from '../print-problem.ts'
import { fail, Problem, prefixed, rewording } from '../problem.ts'
import { readJsonPatchText } from '../read-json-patch.ts'
import {
  annotationsOf,
  copyResource,
  currentId,
  enable,
  gvkOf,
  idOf,
  inheritMetadata,
  isEnabled,
  kindOf,
  nameOf,
  namespaceOf,
  notes,
  originalId,
  type Resource,
  rememberId,
  setAnnotations,
  setGvk,
  setKind,
  setName,
  setNamespace,
} from '../resource.ts'
import { effectiveNamespace, formatId } from '../resource-id.ts'
import { dropEmpty, findTarget, idsChanged, type ResourceList } from '../resource-list.ts'
import { type Selector, select } from '../selector.ts'
import { edit, editKey } from '../shared-resource.ts'
import { strategicMerge } from '../strategic-merge.ts'
import { fromValue, toObject } from '../value.ts'
import { nodeText } from '../yaml-text.ts'

/** A patch that has been read: partial objects to merge, or operations. */
export type LoadedPatch =
  | { readonly kind: 'merge'; readonly patches: readonly Resource[]; readonly source: string }
  | { readonly kind: 'operations'; readonly operations: JsonPatch; readonly source: string }

/** How the text of a patch is read as partial objects; it can refuse it. */
export type ReadObjects = (text: string) => Resource[]

/**
 * Finds out what a patch is. `load` gives the text of a patch file; `dump` prints the entry for errors, as kustomize does.
 */
export function loadPatch(
  entry: Pick<Patch, 'path' | 'patch' | 'options'>,
  load: (path: string) => string,
  readObjects: ReadObjects,
  dump: () => string,
): LoadedPatch {
  const inline = entry.patch.trim()
  if (inline === '' && entry.path === '')
    fail(`must specify one of patch and path in\n${dump()}`, { code: 'patch-empty' })
  if (inline !== '' && entry.path !== '')
    fail(`patch and path can't be set at the same time\n${dump()}`, { code: 'patch-twice' })
  const source = inline === '' ? `[path: ${goQuote(entry.path)}]` : `[patch: ${goQuote(inline)}]`
  const text =
    inline === '' ? prefixed(`failed to get the patch file from path(${entry.path})`, () => load(entry.path)) : inline
  const objects = attempt(() => readObjects(text))
  const operations = attempt(() => readJsonPatchText(text))
  if (
    objects.value !== undefined &&
    operations.value !== undefined &&
    objects.value.length > 0 &&
    operations.value.length > 0
  )
    fail(`illegally qualifies as both an SM and JSON patch: ${source}`, { code: 'patch-ambiguous' })
  if (objects.value === undefined && operations.value === undefined)
    fail(`unable to parse SM or JSON patch from ${source}`, {
      code: 'bad-patch',
      position: objects.problem?.details.position,
      hint: objects.problem?.message ?? operations.problem?.message,
    })
  if (objects.value === undefined) return { kind: 'operations', operations: operations.value ?? [], source }
  for (const { node } of objects.value) allowChanges(node, entry.options)
  return { kind: 'merge', patches: objects.value, source }
}

function allowChanges(node: Resource['node'], options: PatchOptions | undefined): void {
  if (options?.allowNameChange === true) enable(node, notes.allowNameChange)
  if (options?.allowKindChange === true) enable(node, notes.allowKindChange)
}

function attempt<T>(step: () => T): { readonly value?: T; readonly problem?: Problem } {
  try {
    return { value: step() }
  } catch (error) {
    if (error instanceof Problem) return { problem: error }
    throw error
  }
}

/** Applies a patch of `patches:` to what it is for. */
export function applyPatch(
  list: ResourceList,
  patch: LoadedPatch,
  target: Selector | undefined,
  schemas: MergeSchemas,
): void {
  if (patch.kind === 'operations') {
    if (patch.operations.length > 0) applyOperationsPatch(list, patch, target)
    return
  }
  const [first] = patch.patches
  if (first === undefined) return
  if (target === undefined) {
    for (const resource of patch.patches) {
      const id = originalId(resource.node)
      const found = prefixed(`no resource matches strategic merge patch ${goQuote(formatId(id))}`, () =>
        findTarget(list, id),
      )
      mergePatch(found, resource, schemas)
      idsChanged(list)
    }
    return
  }
  if (patch.patches.length > 1)
    fail(
      `Multiple Strategic-Merge Patches in one \`patches\` entry is not allowed to set \`patches.target\` field: ${patch.source}`,
      { code: 'patch-multiple' },
    )
  const selected = prefixed(`unable to find patch target ${goQuote(formatSelector(target))} in \`resources\``, () =>
    select(list.items, target),
  )
  mergeIntoAll(list, selected, first, schemas)
}

const formatSelector = (selector: Selector): string =>
  `${formatId(selector)}:a=${selector.annotationSelector}:l=${selector.labelSelector}`

/** Applies patches of `patchesStrategicMerge:`, each to the object it names. */
export function applyStrategicMerges(list: ResourceList, patches: readonly Resource[], schemas: MergeSchemas): void {
  for (const patch of patches) mergeIntoAll(list, [findTarget(list, originalId(patch.node))], patch, schemas)
}

function mergeIntoAll(list: ResourceList, selected: readonly Resource[], patch: Resource, schemas: MergeSchemas): void {
  const kind = kindOf(patch.node)
  const key = editKey('merge', () => nodeText(patch.node))
  for (const item of selected)
    edit(item, key, resource => {
      const copy = copyResource(patch)
      inheritMetadata(copy, patch)
      setGvk(copy.node, gvkOf(resource.node))
      setKind(copy.node, kind)
      mergePatch(resource, copy, schemas)
    })
  // Asked for once more, because what is kept with shared objects has not asked: the build notes that these schemas count.
  if (selected.length > 0) schemas('', '')
  idsChanged(list)
  dropEmpty(list)
  checkUnique(list)
}

function checkUnique(list: ResourceList): void {
  const seen = new Set<string>()
  for (const item of list.items) {
    const id = idOf(item)
    const key = `${formatId(id)}|${effectiveNamespace(id)}`
    if (seen.has(key))
      fail(`may not add resource with an already registered id: ${formatId(id)}`, { code: 'duplicate-resource' })
    seen.add(key)
  }
}

function mergePatch(resource: Resource, patch: Resource, schemas: MergeSchemas): void {
  const { node } = resource
  const kind = kindOf(node)
  const name = nameOf(node)
  const namespace = namespaceOf(node)
  const mayChangeName = isEnabled(patch.node, notes.allowNameChange)
  const mayChangeKind = isEnabled(patch.node, notes.allowKindChange)
  if (mayChangeName || mayChangeKind) rememberId(node, effectiveNamespace(currentId(node)))
  const merged = strategicMerge(node, patch.node, schemas)
  if (merged === undefined) {
    resource.node = scalar('', '!!null')
    return
  }
  if (isEmpty(node)) return
  if (!mayChangeKind) setKind(node, kind)
  if (!mayChangeName) setName(node, name)
  setNamespace(node, namespace)
}

function applyOperationsPatch(
  list: ResourceList,
  patch: Extract<LoadedPatch, { kind: 'operations' }>,
  target: Selector | undefined,
): void {
  if (target === undefined)
    fail(`must specify a target for JSON patch ${patch.source}`, { code: 'patch-without-target' })
  const key = editKey('operations', patch.operations)
  for (const item of select(list.items, target))
    edit(item, key, resource => {
      rememberId(resource.node, effectiveNamespace(currentId(resource.node)))
      operate(resource, patch.operations)
    })
  idsChanged(list)
}

function printable({ node }: Resource): JsonObject {
  return rewording(
    message => printProblem(node, { withObject: false }) ?? message,
    () => toObject(node),
  )
}

/** Applies operations of `patchesJson6902:` to what the target selects. */
export function applyJson6902(list: ResourceList, operations: JsonPatch, target: Selector): void {
  const key = editKey('operations of old', operations)
  for (const item of select(list.items, target)) edit(item, key, resource => operate(resource, operations))
  idsChanged(list)
}

function operate(resource: Resource, operations: JsonPatch): void {
  const internal = [...annotationsOf(resource.node)].filter(
    ([key]) =>
      key.startsWith('internal.config.kubernetes.io/') ||
      key === 'config.kubernetes.io/path' ||
      key === 'config.kubernetes.io/index' ||
      key === 'config.k8s.io/id',
  )
  const position = { file: resource.node.file, line: resource.node.line, column: resource.node.column }
  const result = applyJsonPatch(printable(resource), operations)
  if (!isObject(result)) fail('json: cannot unmarshal array into Go value of type map[string]interface {}')
  resource.node = Object.assign(fromValue(result as JsonObject), position)
  setAnnotations(resource.node, new Map([...annotationsOf(resource.node), ...internal]))
}
