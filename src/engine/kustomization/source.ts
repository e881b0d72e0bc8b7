import { findCondition } from '../../api/condition.ts'
import type { GitRepository } from '../../api/git-repository.ts'
import type { Kustomization } from '../../api/kustomization.ts'
import type { EngineContext } from '../context.ts'
import { isRequested } from '../request.ts'
import type { SourceKey, SourceState } from '../sources.ts'
import type { Stalled, Waiting } from './outcome.ts'

const SOURCE_GROUP = 'source.toolkit.fluxcd.io'

export function sourceKeyFor({ metadata, spec: { sourceRef } }: Kustomization): SourceKey {
  return `${sourceRef.kind}/${sourceRef.namespace ?? metadata.namespace}/${sourceRef.name}`
}

/** Whether the status is about the present spec, and nobody waits for another one. */
function hasReported(kustomization: Kustomization): boolean {
  const ready = findCondition(kustomization.status?.conditions, 'Ready')
  return ready?.observedGeneration === kustomization.metadata.generation && !isRequested(kustomization)
}

/**
 * Whether a source may have gone back behind what was applied from it: an engine that was killed may have applied a revision
 * before it was in the status of the source. To go back would prune what came with that revision.
 */
function mayBeBehind({ isRestored, revision }: SourceState, { status }: Kustomization): boolean {
  const last = status?.lastAttemptedRevision
  return isRestored === true && last !== undefined && last !== revision
}

/**
 * The source of a Kustomization as it is now, or why there is none to work with. Undefined where it has only not been loaded
 * or confirmed since the start, and the Kustomization has a status from before: that stays as it is meanwhile.
 */
export function resolveSource(
  kustomization: Kustomization,
  context: EngineContext,
): SourceState | Waiting | Stalled | undefined {
  const { metadata, spec } = kustomization
  const { kind, name } = spec.sourceRef
  const namespace = spec.sourceRef.namespace ?? metadata.namespace ?? ''
  if (context.settings.noCrossNamespaceRefs && namespace !== metadata.namespace) {
    const message = `can't access '${kind}/${namespace}/${name}', cross-namespace references have been blocked`
    return { kind: 'stalled', reason: 'AccessDenied', message }
  }
  const state = context.sources.get(`${kind}/${namespace}/${name}`)
  if (state !== undefined) return mayBeBehind(state, kustomization) ? undefined : state
  const ref = { group: SOURCE_GROUP, version: 'v1', kind, namespace, name }
  const object = context.objects.get(ref) as GitRepository | undefined
  if (object === undefined) {
    return { kind: 'waiting', reason: 'ArtifactFailed', message: `${kind}.${SOURCE_GROUP} "${name}" not found` }
  }
  if (object.status?.artifact !== undefined && hasReported(kustomization)) return undefined
  return {
    kind: 'waiting',
    reason: 'ArtifactFailed',
    message: 'Source artifact not found, going on as soon as there is one',
  }
}
