import type { Artifact } from '../../api/artifact.ts'
import { type Condition, type ConditionState, findCondition, nextConditions } from '../../api/condition.ts'
import type { GitRepository, GitRepositoryStatus } from '../../api/git-repository.ts'
import { handledRequest } from '../request.ts'

/** The repository was fetched; `artifact` is what others can download. */
export interface Stored {
  readonly kind: 'stored'
  readonly artifact: Artifact
  readonly includedArtifacts?: readonly Artifact[]
  /** What the signature said, where the spec demands one. */
  readonly verified?: string
}

/** The repository could not be fetched; the last artifact stays. */
export interface Unavailable {
  readonly kind: 'unavailable'
  readonly reason: string
  readonly message: string
  /** Which step failed; Flux has a condition of its own for each. */
  readonly condition: 'FetchFailed' | 'StorageOperationFailed' | 'IncludeUnavailable' | 'SourceVerified'
  /** Trying again is useless before the object changes. */
  readonly stalled: boolean
}

export type GitOutcome = Stored | Unavailable

function kept(previous: readonly Condition[] | undefined, types: readonly string[]): ConditionState[] {
  return types.flatMap(type => findCondition(previous, type) ?? [])
}

function afterStored({ artifact, verified }: Stored): ConditionState[] {
  const message = `stored artifact for revision '${artifact.revision}'`
  const verification: ConditionState[] =
    verified === undefined ? [] : [{ type: 'SourceVerified', status: 'True', reason: 'Succeeded', message: verified }]
  return [
    { type: 'Ready', status: 'True', reason: 'Succeeded', message },
    { type: 'ArtifactInStorage', status: 'True', reason: 'Succeeded', message },
    ...verification,
  ]
}

function afterFailure(repository: GitRepository, outcome: Unavailable): ConditionState[] {
  const { condition, message, reason, stalled } = outcome
  const lasting = ['ArtifactInStorage', ...(repository.spec.verify === undefined ? [] : ['SourceVerified'])]
  const going: ConditionState = stalled
    ? { type: 'Stalled', status: 'True', reason, message }
    : { type: 'Reconciling', status: 'True', reason: 'ProgressingWithRetry', message: 'building artifact' }
  return [
    going,
    { type: 'Ready', status: 'False', reason, message },
    { type: condition, status: condition === 'SourceVerified' ? 'False' : 'True', reason, message },
    ...kept(
      repository.status?.conditions,
      lasting.filter(type => type !== condition),
    ),
  ]
}

/** What of the spec the artifact was made with; clients compare it with the spec. */
function observedOf({ spec }: GitRepository): GitRepositoryStatus {
  return {
    ...(spec.ignore !== undefined && { observedIgnore: spec.ignore }),
    ...(spec.include !== undefined && { observedInclude: spec.include }),
    ...(spec.recurseSubmodules === true && { observedRecurseSubmodules: true }),
    ...(spec.sparseCheckout !== undefined && { observedSparseCheckout: spec.sparseCheckout }),
    ...(spec.verify !== undefined && { sourceVerificationMode: spec.verify.mode ?? 'HEAD' }),
  }
}

/**
 * The status of a GitRepository after an outcome, as source-controller 1.9 writes it. A failure keeps the last artifact
 * and does not move `observedGeneration`, unless it is stalled. `now` is RFC 3339.
 */
export function nextGitStatus(repository: GitRepository, outcome: GitOutcome, now: string): GitRepositoryStatus {
  const { status: previous, metadata } = repository
  const generation = metadata.generation ?? 0
  const states = outcome.kind === 'stored' ? afterStored(outcome) : afterFailure(repository, outcome)
  const conditions = nextConditions(previous?.conditions, states, generation, now)
  const handled = handledRequest(repository)
  const request = handled === undefined ? {} : { lastHandledReconcileAt: handled }
  if (outcome.kind === 'stored') {
    const { artifact, includedArtifacts } = outcome
    const included = includedArtifacts === undefined || includedArtifacts.length === 0 ? {} : { includedArtifacts }
    return { artifact, conditions, observedGeneration: generation, ...observedOf(repository), ...included, ...request }
  }
  return { ...previous, conditions, ...(outcome.stalled && { observedGeneration: generation }), ...request }
}
