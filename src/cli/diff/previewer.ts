import type { Kustomization } from '../../api/kustomization.ts'
import { type Applied, failuresOf } from '../../apply/applied.ts'
import { preview } from '../../apply/preview.ts'
import { build } from '../../engine/kustomization/build.ts'
import { liveViewOf } from '../../engine/kustomization/live-view.ts'
import { policyOf } from '../../engine/kustomization/policy.ts'
import { withRestarts } from '../../engine/kustomization/restarts.ts'
import { createTargets } from '../../engine/kustomization/targets.ts'
import { emptyWorkspace } from '../../engine/kustomization/workspace.ts'
import { watchReferences } from '../../engine/references.ts'
import { openCloud } from '../../engine/workload.ts'
import type { KubeClient } from '../../kube/client-types.ts'
import { ApiError } from '../../kube/cluster.ts'
import { systemClock } from '../../manifest/clock.ts'
import { formatDiagnostic } from '../../manifest/diagnostic.ts'
import { type ObjectRef, refKey } from '../../manifest/object.ts'
import type { Rendered } from '../../manifest/rendered.ts'
import type { Tree } from '../../manifest/tree.ts'
import type { ChangeEntry, ChangeSet } from '../../plan/change-set.ts'
import { plan, planDeletion } from '../../plan/plan.ts'

/** The files that a Kustomization is rendered from, and what they are called. */
export interface LocalSource {
  readonly revision: string
  readonly tree: Tree
}

/** What a Kustomization would change, and what is wrong with it; what the server refuses is among the problems only. */
export type Previewed =
  | { readonly rendered: Rendered; readonly changes: ChangeSet; readonly problems: readonly string[] }
  | { readonly rendered: undefined; readonly changes: undefined; readonly problems: readonly string[] }

/** Goes the engine's own way from files to a change set, and writes nothing. */
export interface Previewer {
  preview(kustomization: Kustomization, source: LocalSource): Promise<Previewed>
  close(): Promise<void>
}

/** Looks at what is to be deleted: only what is still there and still ours goes. */
async function settleDeletions(
  { owner, prune }: ChangeSet,
  get: (ref: ObjectRef) => Promise<Awaited<ReturnType<KubeClient['get']>>>,
): Promise<readonly ChangeEntry[]> {
  return await Promise.all(
    prune.map(async entry => {
      if (entry.cause !== 'unknown-state') return entry
      const object = await get(entry.ref)
      const live = object === undefined ? ({ state: 'absent' } as const) : ({ state: 'object', object } as const)
      return planDeletion(entry.ref, live, owner, 'removed-from-source')
    }),
  )
}

function asCreation(entry: ChangeEntry): ChangeEntry {
  return { ...entry, action: 'create', cause: 'absent', changes: [] }
}

interface Definition {
  readonly spec?: { readonly group?: string; readonly names?: { readonly kind?: string } }
}

/** Tells refusals for no other reason than that the namespace or kind comes with the same change set. */
function arrivalsOf(changes: ChangeSet): (failure: Applied) => boolean {
  const created = changes.stages.flatMap(({ entries }) => entries.filter(({ action }) => action === 'create'))
  const namespaces = new Set(
    created.flatMap(({ ref }) => (ref.kind === 'Namespace' && ref.group === '' ? ref.name : [])),
  )
  const kinds = new Set(
    created.flatMap(({ ref, desired }) => {
      const { spec } = (desired ?? {}) as Definition
      return ref.kind === 'CustomResourceDefinition' ? `${spec?.group}/${spec?.names?.kind}` : []
    }),
  )
  return ({ ref, failure }) =>
    failure?.code === 404 && (namespaces.has(ref.namespace) || kinds.has(`${ref.group}/${ref.kind}`))
}

export function createPreviewer(cluster: KubeClient): Previewer {
  const references = watchReferences({ cluster, onChange() {} })
  const cloud = openCloud(cluster, systemClock)
  const targets = createTargets({
    cluster,
    references,
    cloud,
    clock: systemClock,
    defaultServiceAccount: undefined,
    onDrift() {},
    onLock() {},
    onConfig() {},
  })
  const failed = (...problems: readonly string[]): Previewed => ({ rendered: undefined, changes: undefined, problems })

  async function lookUp(ref: ObjectRef) {
    try {
      return await cluster.get(ref)
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined
      throw error
    }
  }

  return {
    async preview(kustomization, source) {
      const work = {
        kustomization,
        source,
        workspace: emptyWorkspace(kustomization),
        context: { cloud, cluster, references },
      }
      const built = await build(work)
      if ('reason' in built) return failed(built.message)
      const target = await targets.of(kustomization)
      const rendered = await withRestarts(built, kustomization, target, work.workspace)
      if ('reason' in rendered) return failed(rendered.message)
      const policy = await policyOf({ ...work, target }, rendered, systemClock.now())
      if ('kind' in policy) return failed(policy.message)
      const planned = plan(rendered, liveViewOf(target), policy)
      const errors = planned.diagnostics.filter(({ severity }) => severity === 'error')
      if (errors.length > 0) return failed(...errors.map(formatDiagnostic))
      const { changes, failures } = await preview(planned, target.actor, { policy })
      const isEarly = arrivalsOf(changes)
      const early = new Set(failures.filter(isEarly).map(({ ref }) => refKey(ref)))
      const settle = (entry: ChangeEntry) => (early.has(refKey(entry.ref)) ? asCreation(entry) : entry)
      const real = failures.filter(failure => !isEarly(failure))
      const refused = new Set(real.map(({ ref }) => refKey(ref)))
      const stages = changes.stages.map(stage => {
        const entries = stage.entries.filter(({ ref }) => !refused.has(refKey(ref)))
        return { ...stage, entries: entries.map(settle) }
      })
      const prune = await settleDeletions(changes, lookUp)
      const problems = failuresOf(real).map(({ diagnostic }) => formatDiagnostic(diagnostic))
      return { rendered, changes: { ...changes, stages, prune }, problems }
    },
    async close() {
      references.close()
      await targets.close()
    },
  }
}
