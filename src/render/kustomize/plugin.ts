import type { Position } from '../../manifest/diagnostic.ts'
import type { Origin } from './origin.ts'
import type { Resource } from './resource.ts'
import type { ResourceList } from './resource-list.ts'

/** One thing that a kustomization does to all of its resources, configured and ready to run. */
export interface Transformer {
  /** Name of the built-in plugin: `NamespaceTransformer`. */
  readonly kind: string
  /** The field or file that asked for it, for people. */
  readonly by: string
  readonly position: Position | undefined
  readonly origin: Origin | undefined
  readonly run: (list: ResourceList) => void
}

/** One thing that makes resources. */
export interface Generator {
  readonly kind: string
  readonly by: string
  readonly position: Position | undefined
  readonly origin: Origin | undefined
  readonly run: () => Resource[]
}
