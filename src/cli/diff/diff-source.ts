import type { GitRepository } from '../../api/git-repository.ts'
import type { Kustomization } from '../../api/kustomization.ts'
import type { KubeClient } from '../../kube/client-types.ts'
import { gvkOf, type KubeObject, refKey, refOf } from '../../manifest/object.ts'
import { CommandFailure } from '../failure.ts'
import { gitSource, kustomization as kustomizationKind } from '../kinds.ts'
import { type Clone, sameRepository } from './local-source.ts'
import type { LocalSource, Previewer } from './previewer.ts'
import type { KustomizationDiff } from './print.ts'

/** The GitRepository that stands for a clone: the named one, else the one with its address, else the only one. */
export async function chooseSource(
  cluster: KubeClient,
  clone: Clone,
  scope: { readonly namespace: string; readonly name: string | undefined },
): Promise<GitRepository> {
  const { name, namespace } = scope
  const all = (await cluster.list(gitSource.gvk, { namespace })) as readonly GitRepository[]
  const candidates =
    name === undefined
      ? all.filter(({ spec }) => clone.urls.some(url => sameRepository(url, spec.url)))
      : all.filter(({ metadata }) => metadata.name === name)
  const [only, second] = candidates.length === 0 && name === undefined ? all : candidates
  if (only !== undefined && second === undefined) return only
  const names = all.map(({ metadata, spec }) => `${metadata.name} (${spec.url})`).join(', ')
  if (name !== undefined) throw new CommandFailure(`GitRepository ${name} not found in ${namespace} namespace`, 2)
  if (names === '')
    throw new CommandFailure(`no GitRepository objects found in "${namespace}" namespace; name another with -n`, 2)
  throw new CommandFailure(`which GitRepository stands for ${clone.root}? Name it with --source: ${names}`, 2)
}

function isFrom(source: GitRepository): (kustomization: Kustomization) => boolean {
  return ({ metadata, spec }) =>
    spec.sourceRef.kind === source.kind &&
    spec.sourceRef.name === source.metadata.name &&
    (spec.sourceRef.namespace ?? metadata.namespace) === source.metadata.namespace
}

function isKustomization(object: KubeObject): boolean {
  const { group, kind } = gvkOf(object)
  return group === kustomizationKind.gvk.group && kind === kustomizationKind.gvk.kind
}

/** The Kustomization that a Kustomization was applied by, where there is one. */
function parentOf({ metadata }: Kustomization): string | undefined {
  const name = metadata.labels?.['kustomize.toolkit.fluxcd.io/name']
  const namespace = metadata.labels?.['kustomize.toolkit.fluxcd.io/namespace']
  return name === undefined ? undefined : refKey({ ...kustomizationKind.gvk, name, namespace: namespace ?? '' })
}

/**
 * What every Kustomization of a source would change with other files. Parents go first, so that the Kustomizations in the
 * files count as the files have them, and new ones are looked at too.
 */
export async function* diffSource(
  cluster: KubeClient,
  previewer: Previewer,
  source: GitRepository,
  files: LocalSource,
): AsyncGenerator<KustomizationDiff> {
  const live = (await cluster.list(kustomizationKind.gvk)) as readonly Kustomization[]
  const known = new Map(live.filter(isFrom(source)).map(each => [refKey(refOf(each)), each]))
  const isRoot = (each: Kustomization) => !known.has(parentOf(each) ?? '') || parentOf(each) === refKey(refOf(each))
  const queue = [...known.values()].toSorted((a, b) => Number(isRoot(b)) - Number(isRoot(a)))
  const done = new Set<string>()
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const key = refKey(refOf(next))
    if (done.has(key)) continue
    const parent = parentOf(next)
    const waits = parent !== undefined && parent !== key && queue.some(each => refKey(refOf(each)) === parent)
    if (waits && !isRoot(next)) {
      queue.push(next)
      continue
    }
    done.add(key)
    const current = known.get(key) ?? next
    if (current.spec.suspend === true) {
      yield { kustomization: current, changes: undefined, problems: [] }
      continue
    }
    const { rendered, changes, problems } = await previewer.preview(current, files)
    yield { kustomization: current, changes, problems }
    for (const { object } of rendered?.objects ?? []) {
      if (!isKustomization(object)) continue
      const desired = object as Kustomization
      const childKey = refKey(refOf(desired))
      const child = known.get(childKey)
      const merged = child === undefined ? desired : { ...child, spec: desired.spec }
      if (!isFrom(source)(merged)) continue
      known.set(childKey, merged)
      if (child === undefined) queue.push(merged)
    }
  }
}
