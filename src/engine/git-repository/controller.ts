import type { Artifact } from '../../api/artifact.ts'
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
  const { artifacts, cluster, clock, events, ledger, log, objects, settings, sources } = context
  const failures = new Map<string, number>()
  /** The generation that the present source state was made from. */
  const generations = new Map<string, number>()
  /** The state that the artifact in the status was made of. */
  const published = new Map<string, SourceState>()

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
    return { afterMs: jitter(Math.max(backoff, hostWantsMs), context.random(), settings.intervalJitterPercentage) }
  }

  async function finalize(repository: GitRepository): Promise<Again> {
    sources.remove(sourceKeyOf(repository))
    await artifacts.remove(ownerOf(repository))
    if (!hasFinalizer(repository)) return {}
    const message = 'garbage collected artifacts for deleted resource'
    events.source.record(repository, { type: 'Normal', reason: 'GarbageCollectionSucceeded', message })
    await removeFinalizer(cluster, repository, SOURCE_MANAGER)
    return {}
  }

  /** The artifact of a state: the one in the status where it is still right, else a new one. */
  async function publish(repository: GitRepository, state: SourceState): Promise<Artifact> {
    const { metadata, status } = repository
    const owner = ownerOf(repository)
    const named = status?.artifact
    const key = sourceKeyOf(repository)
    if (published.get(key) === state && named !== undefined) return named
    const isNamed = named?.revision === state.revision && status?.observedGeneration === metadata.generation
    const sha = state.authorship?.sha ?? state.tree.digest
    if (isNamed && !published.has(key)) artifacts.adopt(owner, named, async () => state.tree)
    const artifact = isNamed && !published.has(key) ? named : await artifacts.put(owner, sha, state.tree)
    published.set(key, state)
    return artifact
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
    const { state, verified } = result
    // Whoever applies the files need not wait until they are packed for others.
    sources.set(key, state)
    const artifact = await publish(repository, state)
    const outcome: GitOutcome = { kind: 'stored', artifact, ...(verified !== undefined && { verified }) }
    if (repository.status?.artifact?.digest !== artifact.digest) tell(repository, outcome, state)
    const isSettled = repository.status?.artifact?.digest === artifact.digest && isReady(repository)
    if (!isSettled || isRequested(repository)) await report(repository, outcome)
    return { afterMs: jitter(intervalMs, context.random(), settings.intervalJitterPercentage) }
  }

  return {
    work,
    forget(key) {
      failures.delete(key)
      generations.delete(key)
      published.delete(key)
      sources.remove(key)
    },
  }
}

/** Ready for the present generation. */
function isReady({ metadata, status }: GitRepository): boolean {
  const isTrue = status?.conditions?.some(each => each.type === 'Ready' && each.status === 'True') ?? false
  return isTrue && status?.observedGeneration === metadata.generation
}

function ownerOf({ kind, metadata }: GitRepository) {
  return { kind, namespace: metadata.namespace ?? '', name: metadata.name }
}
