import { ApiError } from '../../kube/cluster.ts'
import { type GroupVersionKind, refOf } from '../../manifest/object.ts'
import type { Rendered } from '../../manifest/rendered.ts'
import { compileIgnoreRules } from '../../plan/ignore.ts'
import { inventoryRefs } from '../../plan/inventory.ts'
import type { PlanPolicy } from '../../plan/plan.ts'
import { driftReportingOf } from './drift-report.ts'
import { APPLY_MANAGER } from './expectations.ts'
import { invalidExpression, type Stalled } from './outcome.ts'
import { ownerOf } from './owner.ts'
import { ownedBy } from './strays.ts'
import type { Work } from './work.ts'
import type { Target } from './workspace.ts'

/** Set to `allow` on a Kustomization whose source may become empty or nearly so, so that everything else of it is deleted. */
const PRUNE_ALL = 'lockstep.dev/prune-all'

/** The kinds of an attempt, and which of them have namespaces; kinds that the cluster does not have yet are left open. */
async function scopesOf(
  kinds: readonly GroupVersionKind[],
  { observer }: Target,
): Promise<ReadonlyMap<string, boolean>> {
  const scopes = await Promise.all(
    kinds.map(async (kind): Promise<[string, boolean][]> => {
      try {
        return [[`${kind.group}/${kind.kind}`, (await observer.resource(kind)).namespaced]]
      } catch (error) {
        if (error instanceof ApiError && error.code === 404) return []
        throw error
      }
    }),
  )
  return new Map(scopes.flat())
}

/** How a Kustomization wants its objects handled; every kind that it touches is being watched afterwards. `now` in milliseconds. */
export async function policyOf(
  { kustomization, target, workspace }: Pick<Work, 'kustomization' | 'target' | 'workspace'>,
  rendered: Rendered,
  now: number,
): Promise<PlanPolicy | Stalled> {
  const { metadata, spec, status } = kustomization
  const ignore = compileIgnoreRules(spec.ignore ?? [])
  if ('error' in ignore) return invalidExpression(ignore.error)
  const owner = ownerOf(kustomization)
  const old = status?.inventory?.entries ?? []
  const refs = [...rendered.objects.map(({ object }) => refOf(object)), ...inventoryRefs(old)]
  const kinds = [...new Map(refs.map(ref => [`${ref.group}/${ref.kind}`, ref])).values()]
  const scopes = await scopesOf(kinds, target)
  await target.live.ready(kinds.filter(kind => scopes.has(`${kind.group}/${kind.kind}`)))
  return {
    owner,
    commonMetadata: spec.commonMetadata,
    namespaced: gvk => scopes.get(`${gvk.group}/${gvk.kind}`),
    manager: APPLY_MANAGER,
    prune: spec.prune,
    force: spec.force ?? false,
    ignore: ignore.rules,
    inventory: ownedBy(kustomization, workspace.strays, target),
    reporting: driftReportingOf(kustomization, rendered, target, now),
    mayPruneAll: metadata.annotations?.[PRUNE_ALL] === 'allow',
  }
}
