import { type GitRepository, gitRepositoryKind } from '../../api/git-repository.ts'
import type { Kustomization } from '../../api/kustomization.ts'
import type { LiveObjects } from '../live-objects.ts'

/** An address without the user and password that it may hold. */
function bareUrl(text: string): string {
  try {
    const url = new URL(text)
    url.username = ''
    url.password = ''
    return url.href
  } catch {
    return text
  }
}

function refOfSpec({ ref = {} }: GitRepository['spec']): string {
  const { branch = 'master', commit, name, semver, tag } = ref
  if (commit !== undefined) return `commit ${commit}`
  if (name !== undefined) return name
  if (semver !== undefined) return `tags ${semver}`
  return tag === undefined ? `branch ${branch}` : `tag ${tag}`
}

/** Where the objects of a Kustomization come from, in one line: `https://git.example/fleet.git, path ./apps, branch main`. */
export function describeSource({ metadata, spec }: Kustomization, objects: Pick<LiveObjects, 'get'>): string {
  const { kind, name, namespace = metadata.namespace ?? '' } = spec.sourceRef
  const path = `path ${spec.path ?? './'}`
  const repository =
    kind === gitRepositoryKind.kind ? objects.get({ ...gitRepositoryKind, namespace, name }) : undefined
  if (repository === undefined) return `${kind} ${namespace}/${name}, ${path}`
  const source = (repository as GitRepository).spec
  return `${bareUrl(source.url)}, ${path}, ${refOfSpec(source)}`.replace(/\s+/g, ' ')
}
