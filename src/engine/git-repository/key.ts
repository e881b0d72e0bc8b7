import type { GitRepository } from '../../api/git-repository.ts'
import type { SourceKey } from '../sources.ts'

export function sourceKeyOf({ metadata }: GitRepository): SourceKey {
  return `GitRepository/${metadata.namespace}/${metadata.name}`
}
