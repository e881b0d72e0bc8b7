import type { Cluster } from '../kube/cluster.ts'
import type { GroupVersionKind, KubeObject } from '../manifest/object.ts'
import type { ChangeEntry, ChangeSet } from '../plan/change-set.ts'
import { hasDrifted } from '../plan/drift.ts'
import { withoutIgnored } from '../plan/ignore.ts'
import { fieldChanges } from '../plan/plan.ts'
import { candidateOf } from '../plan/target.ts'
import type { Applied } from './applied.ts'
import { failed, isWrite, resolveEntry } from './apply-entry.ts'
import type { ApplyContext, ApplyOptions } from './context.ts'
import { signalOf } from './context.ts'
import { definedKinds } from './hint.ts'
import { runPool } from './pool.ts'

/** A change set with every doubt removed by asking the server, and what it refuses. */
export interface Preview {
  readonly changes: ChangeSet
  readonly failures: readonly Applied[]
}

/**
 * Looks at every object that is to be written and asks the server for a dry run, so that the set says exactly what applying it
 * would do, with the server's defaults and webhooks. Writes nothing. For the diff that a person sees.
 */
export async function preview(
  changes: ChangeSet,
  cluster: Cluster,
  options: Pick<ApplyOptions, 'policy' | 'concurrency' | 'knownKinds' | 'signal'>,
): Promise<Preview> {
  const unused = async () => undefined
  const context: ApplyContext = { changes, cluster, options: { ...options, awaitCurrent: unused, awaitGone: unused } }
  const failures: Applied[] = []
  const stages = []
  for (const stage of changes.stages) {
    const results = runPool(stage.entries, options.concurrency ?? 8, entry => previewEntry(entry, context))
    const entries: ChangeEntry[] = []
    for (const result of results) {
      const settled = await result
      if ('outcome' in settled) failures.push(settled)
      entries.push('outcome' in settled ? settled.entry : settled)
    }
    stages.push({ ...stage, entries })
  }
  return { changes: { ...changes, stages }, failures }
}

async function previewEntry(entry: ChangeEntry, context: ApplyContext): Promise<ChangeEntry | Applied> {
  const resolved = await resolveEntry(entry, context)
  if ('outcome' in resolved)
    return comesWithSet(resolved, context) ? { ...entry, action: 'create', cause: 'absent' } : resolved
  if (!isWrite(resolved) || resolved.desired === undefined) return resolved
  const { policy } = context.options
  try {
    const live = resolved.action === 'create' ? undefined : await context.cluster.get(resolved.ref, signalOf(context))
    const dryRun = await context.cluster.apply(resolved.desired, {
      fieldManager: policy.manager,
      force: true,
      dryRun: true,
      ...signalOf(context),
    })
    if (live === undefined) return resolved
    const paths = policy.ignore?.pathsFor(candidateOf(resolved.desired)) ?? []
    const [before, after] = [withoutIgnored(live, paths), withoutIgnored(dryRun, paths)]
    if (hasDrifted(before, after)) return { ...resolved, changes: changesBetween(before, after) }
    return resolved.cleanUp === undefined
      ? { ...resolved, action: 'unchanged', cause: 'in-sync', changes: [] }
      : resolved
  } catch (error) {
    const result = failed(error, resolved, 'validate', context)
    return comesWithSet(result, context) ? { ...resolved, action: 'create', cause: 'absent' } : result
  }
}

/** Whether what is missing, a kind or a namespace, is created by the same change set. */
function comesWithSet({ entry, failure }: Applied, { changes }: ApplyContext): boolean {
  const { ref } = entry
  const objects = changes.stages.flatMap(stage => stage.entries).flatMap(({ desired }) => desired ?? [])
  switch (failure?.diagnostic.code) {
    case 'unknown-kind':
      return objects.flatMap(definedKinds).some(kind => isSameKind(kind, ref))
    case 'namespace-missing':
      return objects.some(({ kind, metadata }) => kind === 'Namespace' && metadata.name === ref.namespace)
    default:
      return false
  }
}

function isSameKind(a: GroupVersionKind, b: GroupVersionKind): boolean {
  return a.group === b.group && a.version === b.version && a.kind === b.kind
}

/** Both ways: what the server's answer has and the live object has not, and the other way round. */
function changesBetween(live: KubeObject, dryRun: KubeObject): ChangeEntry['changes'] {
  const changed = fieldChanges(live, dryRun)
  const removed = fieldChanges(dryRun, live)
    .filter(({ before }) => before === undefined)
    .map(({ path, after }) => ({ path, ...(after === undefined ? {} : { before: after }) }))
  return [...changed, ...removed]
}
