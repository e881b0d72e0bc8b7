import { parseDuration } from '../../api/duration.ts'
import type { GitRepository } from '../../api/git-repository.ts'
import { timestamp } from '../../manifest/clock.ts'
import { formatRef, refOf } from '../../manifest/object.ts'
import type { EngineContext } from '../context.ts'
import { addFinalizer, hasFinalizer, removeFinalizer } from '../finalizer.ts'
import { about } from '../log.ts'
import { isRequested } from '../request.ts'
import type { Again, Run } from '../runner.ts'
import type { SourceState } from '../sources.ts'
import { writeStatus } from '../status-writer.ts'
import { jitter } from '../timing.ts'
import { fetchRepository } from './fetch.ts'
import { sourceKeyOf } from './key.ts'
import { type GitOutcome, nextGitStatus, type Unavailable } from './status.ts'

export const SOURCE_MANAGER = 'gotk-source-controller'
const GROUP = 'source.toolkit.fluxcd.io'
const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 5 * 60_000
const DEFAULT_INTERVAL_MS = 60_000

export interface GitRepositoryController {
  work(repository: GitRepository, run: Run): Promise<Again>
  /** Forgets what is kept in memory of a repository that is gone. */
  forget(key: string): void
}

/** Keeps GitRepositories: polls remotes, fetches what is new, and offers it to whoever applies it. */
export function createGitRepositoryController(context: EngineContext): GitRepositoryController {
  const { cluster, clock, events, ledger, log, objects, settings, sources } = context
  const failures = new Map<string, number>()
  /** The generation that the present source state was made from. */
  const generations = new Map<string, number>()

  function isCurrent(repository: GitRepository, state: SourceState | undefined): boolean {
    const { status, metadata } = repository
    return (
      state !== undefined &&
      status?.observedGeneration === metadata.generation &&
      status?.artifact?.revision === state.revision &&
      status.artifact.digest === state.artifact.digest
    )
  }

  function tell(repository: GitRepository, outcome: GitOutcome, state: SourceState | undefined): void {
    const subject = formatRef(refOf(repository))
    const at = new Date(clock.now()).toISOString()
    const common = { at, cluster: settings.clusterName, subject }
    if (outcome.kind === 'unavailable') {
      events.source.record(repository, { type: 'Warning', reason: outcome.reason, message: outcome.message })
      ledger.append([{ ...common, kind: 'source.failed', outcome: 'failed', message: outcome.message }])
      log.error('source could not be fetched', outcome.message, about(repository))
      return
    }
    const { revision, digest } = outcome.artifact
    const summary = state?.authorship?.message.split('\n', 1)[0] ?? ''
    events.source.record(repository, {
      type: 'Normal',
      reason: 'NewArtifact',
      message: `stored artifact for commit '${summary}'`,
      annotations: { [`${GROUP}/revision`]: revision, [`${GROUP}/digest`]: digest },
    })
    ledger.append([
      {
        ...common,
        kind: 'source.fetched',
        outcome: 'ok',
        revision,
        ...(state?.authorship !== undefined && { actor: state.authorship.author, message: summary }),
      },
    ])
    log.info(`stored artifact for revision '${revision}'`, about(repository))
  }

  async function report(repository: GitRepository, outcome: GitOutcome): Promise<void> {
    const status = nextGitStatus(repository, outcome, timestamp(clock.now()))
    const written = await writeStatus(cluster, repository, status, SOURCE_MANAGER)
    if (written !== undefined) objects.written(written)
  }

  function retryAfter(key: string, outcome: Unavailable, intervalMs: number, hostWantsMs: number): Again {
    if (outcome.stalled) return {}
    const failed = (failures.get(key) ?? 0) + 1
    failures.set(key, failed)
    const backoff = Math.min(FIRST_RETRY_MS * 2 ** (failed - 1), LONGEST_RETRY_MS, Math.max(intervalMs, FIRST_RETRY_MS))
    return { afterMs: jitter(Math.max(backoff, hostWantsMs), context.random()) }
  }

  async function finalize(repository: GitRepository): Promise<Again> {
    sources.remove(sourceKeyOf(repository))
    if (!hasFinalizer(repository)) return {}
    const message = 'garbage collected artifacts for deleted resource'
    events.source.record(repository, { type: 'Normal', reason: 'GarbageCollectionSucceeded', message })
    await removeFinalizer(cluster, repository, SOURCE_MANAGER)
    return {}
  }

  async function work(found: GitRepository, run: Run): Promise<Again> {
    if (found.metadata.deletionTimestamp !== undefined) return await finalize(found)
    if (found.spec.suspend === true) return {}
    const repository = hasFinalizer(found) ? found : await addFinalizer(cluster, found, SOURCE_MANAGER)
    objects.written(repository)
    const key = sourceKeyOf(repository)
    const intervalMs = parseDuration(repository.spec.interval) ?? DEFAULT_INTERVAL_MS
    const known = generations.get(key) === repository.metadata.generation ? sources.get(key) : undefined
    const result = await run.yieldSlot(fetchRepository(repository, known, context, run.signal))
    if (run.signal.aborted) return {}
    if (result.kind === 'unavailable') {
      const { retryAfterMs = 0, ...outcome } = result
      const previous = repository.status?.conditions?.find(each => each.type === 'Ready')
      if (previous?.message !== outcome.message) tell(repository, outcome, undefined)
      await report(repository, outcome)
      return retryAfter(key, outcome, intervalMs, retryAfterMs)
    }
    failures.delete(key)
    generations.set(key, repository.metadata.generation ?? 0)
    const { state } = result
    const wasNew =
      repository.status?.artifact?.revision !== state.revision ||
      repository.status.artifact.digest !== state.artifact.digest
    const outcome: GitOutcome = { kind: 'stored', ...result.stored, artifact: state.artifact }
    if (wasNew) tell(repository, outcome, state)
    if (!isCurrent(repository, state) || isRequested(repository) || !isReady(repository))
      await report(repository, outcome)
    sources.set(key, state)
    return { afterMs: jitter(intervalMs, context.random()) }
  }

  return {
    work,
    forget(key) {
      failures.delete(key)
      generations.delete(key)
      sources.remove(key)
    },
  }
}

function isReady(repository: GitRepository): boolean {
  return repository.status?.conditions?.some(each => each.type === 'Ready' && each.status === 'True') ?? false
}
