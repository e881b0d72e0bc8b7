import type { YamlNode } from '../../manifest/yaml/node.ts'
import type { Printed } from './finish.ts'
import { copyNode, isEmpty } from './node.ts'
import { currentId, type Resource } from './resource.ts'
import { idKey, type ResourceId } from './resource-id.ts'
import { sha256 } from './sha256.ts'
import type { Description, Resolved } from './transform/name-references.ts'
import type { SortTexts } from './transform/sort-order.ts'

/**
 * An object of a base that several builds share. Nobody changes it; whoever wants to works on a copy. What the last steps of
 * a build make of it is kept with it, so that a build that leaves it alone need not look into it again.
 */
export interface SharedResource {
  readonly node: YamlNode
  readonly variables: readonly string[]
  readonly id: ResourceId
  /** The id as a key of maps. */
  readonly key: string
  /** Where the last sort put it, so that the next one finds most objects in order. */
  place: number
  /** What sorting looks at. */
  sortTexts?: SortTexts
  /** What transformers made of it, by what they are. */
  made?: Map<string, SharedResource>
  /** With the hash of its content in its name; itself where it needs none. */
  hashed?: SharedResource
  /** What others and its own references need to know about it. */
  description?: Description
  /** With the present names of the objects that it refers to. */
  resolved?: Resolved
  /** True where it is only there for the build; undefined until its metadata has been checked. */
  isLocal?: boolean
  /** As it is printed. */
  printed?: Printed
}

/** Gives a resource away to be shared. The resource itself goes on as a lent one. */
export function share(resource: Resource): SharedResource {
  if (resource.shared !== undefined) return resource.shared
  const { node, variables } = resource
  const id = currentId(node)
  return { node, variables: [...variables], id, key: idKey(id), place: -1 }
}

/** A resource that is the shared one until somebody looks at its node, which is a copy then. */
export function lend(shared: SharedResource): Resource {
  return new LentResource(shared)
}

/** Names an edit by all that it hangs on; worked out when first needed. */
export type EditKey = () => string

export function editKey(kind: string, ...inputs: readonly unknown[]): EditKey {
  let key: string | undefined
  return () => {
    key ??= sha256(JSON.stringify([kind, inputs], plain), 'base64')
    return key
  }
}

/** Maps and big integers as JSON; functions give what is too costly to make for nothing. */
function plain(_: string, value: unknown): unknown {
  if (typeof value === 'function') return value()
  if (typeof value === 'bigint') return String(value)
  return value instanceof Map ? [...value] : value
}

const mostMade = 8

/**
 * Edits a resource in a way that hangs on nothing but the object and the key. What comes out of a shared one is kept with it,
 * so that the same edit gives the same object again; one that is not meant stays shared as it is.
 */
export function edit(
  resource: Resource,
  key: EditKey,
  apply: (resource: Resource) => void,
  isMeant: (node: YamlNode) => boolean = () => true,
): void {
  const { shared } = resource
  if (shared === undefined) {
    if (isMeant(resource.node)) apply(resource)
    return
  }
  shared.made ??= new Map()
  let made = shared.made.get(key())
  if (made === undefined) {
    made = isMeant(shared.node) ? editCopy(shared, apply) : shared
    if (shared.made.size >= mostMade) shared.made.clear()
    shared.made.set(key(), made)
  }
  if (isEmpty(made.node)) resource.node = made.node
  else if (made !== shared) resource.shared = made
}

function editCopy(shared: SharedResource, apply: (resource: Resource) => void): SharedResource {
  const copy = lend(shared)
  apply(copy)
  return share(copy)
}

class LentResource implements Resource {
  variables: string[]
  #shared: SharedResource
  #node: YamlNode | undefined

  constructor(shared: SharedResource) {
    this.#shared = shared
    this.variables = [...shared.variables]
  }

  get node(): YamlNode {
    this.#node ??= copyNode(this.#shared.node)
    return this.#node
  }

  set node(node: YamlNode) {
    this.#node = node
  }

  get shared(): SharedResource | undefined {
    const isUntouched = this.#node === undefined && this.variables.length === this.#shared.variables.length
    return isUntouched ? this.#shared : undefined
  }

  set shared(shared: SharedResource) {
    this.#shared = shared
    this.#node = undefined
  }
}
