import { goJson } from '../../../manifest/go-text.ts'
import { isObject, type JsonValue } from '../../../manifest/json.ts'
import type { YamlNode } from '../../../manifest/yaml/node.ts'
import { lookup } from '../node.ts'
import { currentId, isEnabled, kindOf, nameOf, notes, rememberId, setName } from '../resource.ts'
import { effectiveNamespace } from '../resource-id.ts'
import { idsChanged, type ResourceList } from '../resource-list.ts'
import { sha256 } from '../sha256.ts'
import { lend, type SharedResource, share } from '../shared-resource.ts'
import { toValue } from '../value.ts'

/** Appends the hash of their content to the names of generated objects. */
export function hashNames(list: ResourceList): void {
  for (const item of list.items) {
    const { shared } = item
    if (shared === undefined) hashName(item.node)
    else {
      shared.hashed ??= hashedCopy(shared)
      if (shared.hashed !== shared) item.shared = shared.hashed
    }
  }
  idsChanged(list)
}

function hashedCopy(shared: SharedResource): SharedResource {
  if (!isEnabled(shared.node, notes.needsHash)) return shared
  const copy = lend(shared)
  hashName(copy.node)
  return share(copy)
}

function hashName(node: YamlNode): void {
  if (!isEnabled(node, notes.needsHash)) return
  const hash = contentHash(node)
  rememberId(node, effectiveNamespace(currentId(node)))
  setName(node, `${nameOf(node)}-${hash}`)
}

const letters: Readonly<Record<string, string>> = { 0: 'g', 1: 'h', 3: 'k', a: 'm', e: 't' }

/** The ten letters that kustomize appends: part of the SHA-256 of kind, name and data. */
export function contentHash(node: YamlNode): string {
  const hex = sha256(hashedText(node), 'hex')
  return hex.slice(0, 10).replaceAll(/[013ae]/g, digit => letters[digit] ?? digit)
}

function hashedText(node: YamlNode): string {
  const kind = kindOf(node)
  const value = (field: string): JsonValue => hashedValue(lookup(node, [field]))
  if (kind === 'ConfigMap') {
    const binaryData = value('binaryData')
    return goJson({
      kind,
      name: hashedValue(lookup(node, ['metadata/name'])),
      data: value('data'),
      ...(isObject(binaryData) ? { binaryData } : {}),
    })
  }
  if (kind === 'Secret') {
    const stringData = value('stringData')
    return goJson({
      kind,
      type: value('type'),
      name: hashedValue(lookup(node, ['metadata/name'])),
      data: value('data'),
      ...(isObject(stringData) ? { stringData } : {}),
    })
  }
  return goJson(toValue(node))
}

/** Names never enter the hash: the original looks for a field called `metadata/name`, which nothing has. */
function hashedValue(node: YamlNode | undefined): JsonValue {
  if (node === undefined) return ''
  if (node.kind === 'scalar') return node.value
  const value = toValue(node)
  return isObject(value) ? value : null
}
