import { goQuote } from '../../../manifest/go-text.ts'
import type { YamlNode } from '../../../manifest/yaml/node.ts'
import { editFields, type FieldSpec, makeFieldSpec } from '../field-spec.ts'
import { list as goList } from '../go-text.ts'
import { elementsOf, expectKind, get, isEmpty, isNull, lookupCreate, scalar, setScalar } from '../node.ts'
import { fail, prefixed, rewording } from '../problem.ts'
import { annotationOf, apiVersionOf, currentId, gvkOf, lookAt, notes, type Resource, rememberId } from '../resource.ts'
import { effectiveNamespace, idKey, isClusterScoped } from '../resource-id.ts'
import { idsChanged, keyOf, type ResourceList, resourceText } from '../resource-list.ts'
import { edit, editKey } from '../shared-resource.ts'

/** Which subjects of role bindings follow the namespace. */
export type SubjectMode = 'defaultOnly' | 'allServiceAccounts' | 'none'

export interface NamespaceOptions {
  readonly namespace: string
  readonly specs: readonly FieldSpec[]
  readonly unsetOnly?: boolean
  readonly subjects?: SubjectMode
}

const metadataNamespace = [makeFieldSpec('metadata/namespace', { create: true })]

/** Puts all namespaced objects, and what refers to the namespace, into one namespace. */
export function setNamespaces(list: ResourceList, options: NamespaceOptions): void {
  if (options.namespace === '') return
  const counts = new Map<string, number>()
  const count = (key: string, by: number): number => {
    const total = (counts.get(key) ?? 0) + by
    counts.set(key, total)
    return total
  }
  for (const item of list.items) count(keyOf(item), 1)
  const isMeant = (node: YamlNode): boolean => !isEmpty(node) && annotationOf(node, notes.helmGenerated) !== 'true'
  const move = ({ node }: Resource): void => {
    rememberId(node, effectiveNamespace(currentId(node)))
    setObjectNamespace(node, options)
  }
  const edited = editKey('namespace', options)
  for (const item of list.items) {
    if (!isMeant(lookAt(item))) continue
    const before = keyOf(item)
    edit(item, edited, move)
    count(before, -1)
    const key = keyOf(item)
    if (count(key, 1) !== 1) conflict(list, key)
  }
  idsChanged(list)
}

function conflict(list: ResourceList, key: string): never {
  const same = list.items.filter(item => idKey(currentId(item.node)) === key)
  return fail(`namespace transformation produces ID conflict: ${goList(same.map(resourceText))}`, {
    code: 'namespace-conflict',
    position: same[1] !== undefined && same[1].node.line > 0 ? same[1].node : undefined,
    hint: 'two objects differ in their namespace only',
  })
}

/** Puts one object into a namespace. */
export function setObjectNamespace(node: YamlNode, options: NamespaceOptions): void {
  const isCore = apiVersionOf(node) === 'v1'
  const gvk = gvkOf(node)
  const edit = { set: setter(options), createKind: 'scalar', createTag: '!!str' } as const
  if (!isClusterScoped(gvk)) editFields(node, metadataNamespace, { set: edit.set, createKind: 'scalar' })
  let specs = options.specs.filter(({ path }) => path !== 'metadata/namespace' && (isCore || path !== 'metadata/name'))
  const isBinding = (kind: string): boolean => kind === 'RoleBinding' || kind === 'ClusterRoleBinding'
  if (isBinding(gvk.kind)) {
    specs = specs.filter(spec => !(isBinding(spec.kind) && spec.path === 'subjects/namespace'))
    setSubjects(node, options)
  }
  rewording(
    message =>
      /wrong node kind/.test(message)
        ? `namespace field specs must target scalar nodes: ${message}`
        : `namespace transformation failed: ${message}`,
    () => editFields(node, specs, edit),
  )
}

function setter({ namespace, unsetOnly }: NamespaceOptions): (node: YamlNode) => void {
  const value = scalar(namespace, '!!str')
  return node => {
    if (unsetOnly === true && node.kind === 'scalar' && !isNull(node) && node.value !== '') return
    setScalar(node, value)
  }
}

function setSubjects(node: YamlNode, options: NamespaceOptions): void {
  const mode = options.subjects ?? 'defaultOnly'
  if (mode === 'none') return
  const subjects = get(node, 'subjects')
  if (subjects === undefined || isNull(subjects)) return
  prefixed('setting namespace on (cluster)role binding subjects', () => {
    for (const subject of elementsOf(subjects)) {
      const key = mode === 'allServiceAccounts' ? 'kind' : 'name'
      const field = prefixed(`looking up ${key} on (cluster)role binding subject`, () => get(subject, key))
      if (field === undefined || isNull(field)) continue
      prefixed(`looking up ${key} on (cluster)role binding subject`, () => expectKind(field, 'scalar'))
      if (field.value !== (mode === 'allServiceAccounts' ? 'ServiceAccount' : 'default')) continue
      const namespace = lookupCreate(subject, ['namespace'], 'scalar')
      if (namespace !== undefined) setter(options)(namespace)
    }
  })
}

/** Reads the mode of a NamespaceTransformer. */
export function readSubjectMode(text: string): SubjectMode {
  if (text === '') return 'defaultOnly'
  if (text === 'defaultOnly' || text === 'allServiceAccounts' || text === 'none') return text
  return fail(
    `invalid value ${goQuote(text)} for setRoleBindingSubjects: must be one of "defaultOnly", "none" or "allServiceAccounts"`,
    { code: 'wrong-field-value' },
  )
}
