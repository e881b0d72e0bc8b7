import { makeList, type ResourceList } from './resource-list.ts'
import type { ResolvedVariable } from './transform/variables.ts'
import { emptyTransformerConfig, type TransformerConfig } from './transformer-config.ts'

/** What a kustomization and all it names come to, before the final steps. */
export interface Accumulator {
  list: ResourceList
  config: TransformerConfig
  variables: Map<string, ResolvedVariable>
}

export function makeAccumulator(): Accumulator {
  return { list: makeList(), config: emptyTransformerConfig, variables: new Map() }
}
