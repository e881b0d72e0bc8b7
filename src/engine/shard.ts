import { parseDuration } from '../api/duration.ts'
import { type GitRepository, gitRepositoryKind } from '../api/git-repository.ts'
import { DiagnosticError } from '../manifest/diagnostic.ts'
import type { KubeObject } from '../manifest/object.ts'
import { matchesLabels, parseSelector } from '../manifest/selector.ts'
import type { EngineContext } from './context.ts'
import { fetchRepository } from './git-repository/fetch.ts'
import { sourceKeyOf } from './git-repository/key.ts'
import type { Again, Run } from './runner.ts'
import { jitter } from './timing.ts'

const DEFAULT_INTERVAL_MS = 60_000

/** Whether an object belongs to the shard that a label selector names. Throws a `DiagnosticError` for a broken one. */
export function shardOf(labelSelector: string | undefined): (object: KubeObject) => boolean {
  if (labelSelector === undefined || labelSelector === '') return () => true
  const selector = parseSelector(labelSelector)
  if (selector.error === undefined) return ({ metadata }) => matchesLabels(selector.value, metadata.labels)
  const message = `the label selector '${labelSelector}' cannot be read: ${selector.error}`
  throw new DiagnosticError([{ severity: 'error', code: 'watch-label-selector', message }])
}

/** What of a source of another shard is worth looking at it again: its spec, and what its own shard has stored. */
export function foreignInputsOf(object: KubeObject): unknown {
  const { metadata, status } = object as GitRepository
  return [metadata.uid, metadata.generation, status?.artifact?.digest]
}

/**
 * Keeps the files of a source of another shard at hand for the Kustomizations that are served here. Nothing is written:
 * its status, events and artifact are its own shard's.
 */
export async function followSource(object: KubeObject, run: Run, context: EngineContext): Promise<Again> {
  if (object.kind !== gitRepositoryKind.kind || object.metadata.deletionTimestamp !== undefined) return {}
  const repository = object as GitRepository
  const { random, settings, sources } = context
  if (repository.spec.suspend === true) return {}
  const key = sourceKeyOf(repository)
  const result = await run.yieldSlot(fetchRepository(repository, sources.get(key), context, run))
  if (run.signal.aborted) return {}
  if (result.kind === 'fetched') sources.set(key, result.state)
  const intervalMs = parseDuration(repository.spec.interval) ?? DEFAULT_INTERVAL_MS
  return { afterMs: jitter(intervalMs, random(), settings.intervalJitterPercentage) }
}
