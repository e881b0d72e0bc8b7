import { gitRepositoryKind } from '../api/git-repository.ts'
import { kustomizationKind } from '../api/kustomization.ts'
import type { GroupVersionKind } from '../manifest/object.ts'
import { CommandFailure } from './failure.ts'

/** A kind as the command line names it. */
export interface CliKind {
  readonly gvk: GroupVersionKind
  /** How people are told about it: `kustomization`, `source git`. */
  readonly spoken: string
  /** Its name in the API: `kustomizations`. */
  readonly resource: string
  /** Other words for it on the command line. */
  readonly names: readonly string[]
  /** `sources` kinds are behind `get sources …`. */
  readonly group: 'sources' | 'appliers'
  /** Field of the status that holds the revision, as a path. */
  readonly revision: readonly string[]
}

export const gitSource: CliKind = {
  gvk: gitRepositoryKind,
  resource: gitRepositoryKind.plural,
  spoken: 'source git',
  names: ['git', 'gitrepository', 'gitrepositories', 'gitrepo'],
  group: 'sources',
  revision: ['status', 'artifact', 'revision'],
}

export const kustomization: CliKind = {
  gvk: kustomizationKind,
  resource: kustomizationKind.plural,
  spoken: 'kustomization',
  names: ['kustomization', 'kustomizations', 'ks'],
  group: 'appliers',
  revision: ['status', 'lastAppliedRevision'],
}

export const cliKinds: readonly CliKind[] = [gitSource, kustomization]

/** The kind that words on the command line name: `ks`, `source git`, `Kustomization`. Fails with what there is. */
export function parseKind(words: readonly string[]): CliKind {
  const rest = words[0] === 'source' || words[0] === 'sources' ? words.slice(1) : words
  const name = rest[0]?.toLowerCase() ?? ''
  const found = cliKinds.find(kind => kind.names.includes(name))
  if (found !== undefined) return found
  const known = cliKinds.map(kind => kind.spoken).join(', ')
  throw new CommandFailure(`there is no kind '${words.join(' ')}'; there are ${known}`)
}
