import { isDeepStrictEqual } from 'node:util'
import type { Artifact } from '../../api/artifact.ts'
import { findCondition, isReady } from '../../api/condition.ts'
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
import { fetchRepository, restoreRepository } from './fetch.ts'
import { sourceKeyOf } from './key.ts'
import { type GitOutcome, nextGitStatus, type Unavailable } from './status.ts'

const SOURCE_MANAGER = 'source-controller'
const GROUP = 'source.toolkit.fluxcd.io'
const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 5 * 60_000
const DEFAULT_INTERVAL_MS = 60_000
const SHORT_MESSAGE = 50

export interface GitRepositoryController {
  work(repository: GitRepository, run: Run): Promise<Again>
  /** The next run asks the remote even if it failed a moment ago: somebody has pushed to it. */
  announce(key: string): void
  /** Forgets what is kept in memory of a repository that is gone. */
  forget(key: string): void
}

/**
 * Keeps GitRepositories: polls remotes, fetches what is new, and offers it to whoever applies it. `wake` runs the repository
 * with this key again soon.
 */
export function createGitRepositoryController(
  context: EngineContext,
  wake: (key: string) => void,
): GitRepositoryController {
  const { artifacts, cluster, clock, events, ledger, log, objects, references, settings, sources } = context
  const failures = new Map<string, number>()
  /** The state that the artifact in the status was made of. */
  const published = new Map<string, SourceState>()
  /** Whose artifact in the status cannot be made again byte by byte. */
  const stale = new Set<string>()
  /** Whose remote has something new, as somebody says. */
  const announced = new Set<string>()

  function tellFailure(repository: GitRepository, { reason, message }: Unavailable): void {
    events.source.record(repository, { type: 'Warning', reason, message })
    ledger.append([{ ...factOf(repository), kind: 'source.failed', outcome: 'failed', message }])
    log.error('source could not be fetched', message, about(repository))
  }

  /** A new artifact and the end of a failure are news; that nothing has changed is one for whoever asked. */
  function tellSuccess(repository: GitRepository, artifact: Artifact, { authorship, revision }: SourceState): void {
    const isNew = repository.status?.artifact?.digest !== artifact.digest
    const hasRecovered = findCondition(repository.status?.conditions, 'Ready')?.status === 'False'
    if (!isNew && !hasRecovered) {
      const message = `no changes since last reconciliation: observed revision '${revision}'`
      if (isRequested(repository))
        events.source.record(repository, { type: 'Normal', reason: 'GitOperationSucceeded', message })
      return
    }
    events.source.record(repository, {
      type: 'Normal',
      reason: isNew ? 'NewArtifact' : 'Succeeded',
      message: `stored artifact for commit '${shortMessage(authorship?.message ?? '')}'`,
      annotations: { [`${GROUP}/revision`]: revision, [`${GROUP}/digest`]: artifact.digest },
    })
    const [summary = ''] = (authorship?.message ?? '').split('\n', 1)
    const author = authorship === undefined ? {} : { actor: authorship.author, message: summary }
    ledger.append([{ ...factOf(repository), kind: 'source.fetched', outcome: 'ok', revision, ...author }])
    log.info(`stored artifact for revision '${revision}'`, about(repository))
  }

  function factOf(repository: GitRepository) {
    const subject = formatRef(refOf(repository))
    return { at: new Date(clock.now()).toISOString(), cluster: settings.clusterName, subject }
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

  /** Serves the artifact that the status names; false where another one has to take its place. */
  function adopt(repository: GitRepository, artifact: Artifact, state: SourceState): boolean {
    const key = sourceKeyOf(repository)
    const onStale = () => {
      stale.add(key)
      published.delete(key)
      wake(key)
    }
    return !stale.has(key) && artifacts.adopt(ownerOf(repository), artifact, async () => state.tree, onStale)
  }

  /** The artifact of a state: the one in the status where it is still right, else a new one. */
  async function publish(repository: GitRepository, state: SourceState): Promise<Artifact> {
    const { metadata, status } = repository
    const key = sourceKeyOf(repository)
    const before = published.get(key)
    const named = status?.artifact?.revision === state.revision ? status.artifact : undefined
    const isSame =
      before === undefined
        ? status?.observedGeneration === metadata.generation && hasIncluded(repository, state)
        : before.tree.digest === state.tree.digest
    if (named !== undefined && isSame && (before !== undefined || adopt(repository, named, state))) {
      published.set(key, state)
      return named
    }
    const file = state.authorship?.sha ?? state.tree.digest
    const artifact = await artifacts.put(ownerOf(repository), file, state.tree)
    published.set(key, state)
    stale.delete(key)
    return named?.digest === artifact.digest && named.url === artifact.url ? named : artifact
  }

  /** Goes on with what was there when Lockstep last ran, before the remote has answered or if it is not to be asked. */
  async function restore(repository: GitRepository, signal: AbortSignal): Promise<void> {
    const key = sourceKeyOf(repository)
    const artifact = repository.status?.artifact
    if (artifact === undefined || sources.get(key) !== undefined) return
    const state = await restoreRepository(repository, context, signal)
    if (state === undefined || signal.aborted) return
    adopt(repository, artifact, state)
    // Nobody else is going to say what a suspended one is at.
    sources.set(key, repository.spec.suspend === true ? state : { ...state, isRestored: true })
  }

  async function fail(
    repository: GitRepository,
    result: Unavailable & { readonly retryAfterMs?: number },
    intervalMs: number,
  ): Promise<Again> {
    const { retryAfterMs = 0, ...outcome } = result
    const previous = findCondition(repository.status?.conditions, 'Ready')
    if (previous?.message !== outcome.message || isRequested(repository)) tellFailure(repository, outcome)
    await report(repository, outcome)
    return retryAfter(sourceKeyOf(repository), outcome, intervalMs, retryAfterMs)
  }

  async function work(found: GitRepository, run: Run): Promise<Again> {
    if (found.metadata.deletionTimestamp !== undefined) return await finalize(found)
    const repository = hasFinalizer(found) ? found : await addFinalizer(cluster, found, SOURCE_MANAGER)
    objects.written(repository)
    if (repository.spec.suspend === true) {
      await run.yieldSlot(restore(repository, run.signal))
      return {}
    }
    const key = sourceKeyOf(repository)
    const intervalMs = parseDuration(repository.spec.interval) ?? DEFAULT_INTERVAL_MS
    await run.yieldSlot(restore(repository, run.signal))
    const known = sources.get(key)
    const result = await run.yieldSlot(
      fetchRepository(repository, known, context, { signal: run.signal, announced: announced.delete(key) }),
    )
    if (run.signal.aborted) return {}
    if (result.kind === 'unavailable') return await fail(repository, result, intervalMs)
    failures.delete(key)
    const publishing = publish(repository, result.state)
    const { isRestored: _, ...confirmed } = result.state
    const state = result.state === known ? confirmed : { ...confirmed, artifact: publishing }
    sources.set(key, state)
    const artifact = await publishing.catch(storageFailure)
    if ('kind' in artifact) return await fail(repository, artifact, intervalMs)
    const { included, verified } = state.ingredients ?? {}
    const outcome: GitOutcome = {
      kind: 'stored',
      artifact,
      ...(included !== undefined && { includedArtifacts: included }),
      ...(verified !== undefined && { verified }),
    }
    tellSuccess(repository, artifact, state)
    const isSettled = repository.status?.artifact === artifact && isReady(repository) && hasIncluded(repository, state)
    if (!isSettled || isRequested(repository)) await report(repository, outcome)
    return { afterMs: jitter(intervalMs, context.random()) }
  }

  return {
    work,
    announce: key => void announced.add(key),
    forget(key) {
      announced.delete(key)
      failures.delete(key)
      published.delete(key)
      stale.delete(key)
      sources.remove(key)
      references.keep(key, [])
    },
  }
}

function storageFailure(error: unknown): Unavailable {
  const said = error instanceof Error ? error.message : String(error)
  const message = `unable to archive artifact to storage: ${said}`
  return {
    kind: 'unavailable',
    reason: 'ArchiveOperationFailed',
    message,
    condition: 'StorageOperationFailed',
    stalled: false,
  }
}

/** The subject of a commit as Flux shows it in events: 50 characters at most. */
function shortMessage(message: string): string {
  const subject = [...(message.split('\n', 1)[0] ?? '')]
  return subject.length > SHORT_MESSAGE ? `${subject.slice(0, SHORT_MESSAGE).join('')}...` : subject.join('')
}

/** Whether the status names what is laid into a state. */
function hasIncluded({ status }: GitRepository, { ingredients }: SourceState): boolean {
  const digests = (all: readonly Artifact[] = []) => all.map(({ digest }) => digest)
  return isDeepStrictEqual(digests(status?.includedArtifacts), digests(ingredients?.included))
}

function ownerOf({ kind, metadata }: GitRepository) {
  return { kind, namespace: metadata.namespace ?? '', name: metadata.name }
}
