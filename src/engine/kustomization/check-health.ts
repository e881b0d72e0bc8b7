import { formatDuration } from '../../api/duration.ts'
import type { Kustomization } from '../../api/kustomization.ts'
import { type ObjectRef, parseApiVersion } from '../../manifest/object.ts'
import type { ChangeSet } from '../../plan/change-set.ts'
import { type HealthResult, waitForHealth } from './health-wait.ts'
import { observe } from './observation.ts'
import type { Inventory } from './outcome.ts'
import { note, report } from './report.ts'
import { timeoutOf } from './timing.ts'
import type { Work } from './work.ts'

function healthRefs({ spec, metadata }: Kustomization, changes: ChangeSet): readonly ObjectRef[] {
  if (spec.wait === true) {
    return changes.stages.flatMap(({ entries }) =>
      entries.filter(({ action, cause }) => action !== 'skip' || cause === 'reported').map(({ ref }) => ref),
    )
  }
  return (spec.healthChecks ?? []).map(({ apiVersion = 'v1', kind, name, namespace }) => ({
    ...parseApiVersion(apiVersion),
    kind,
    name,
    namespace: namespace ?? metadata.namespace ?? '',
  }))
}

/** A wait that is over sooner is not worth a status of its own: most are. */
const GRACE_MS = 1000
/** With a thousand others at work a status makes all of them wait longer; the longest that it stands back for them. */
const LONGEST_GRACE_MS = 15_000

/** Waits for health where the spec asks for it; undefined where it does not. */
export async function checkHealth(
  work: Work,
  changes: ChangeSet,
  inventory: Inventory,
  quiet: boolean,
): Promise<HealthResult | undefined> {
  const { kustomization, source, target, context, run, rules } = work
  const refs = healthRefs(kustomization, changes)
  if (refs.length === 0) return undefined
  const observation = await observe(refs, target.live, target.observer)
  try {
    const { clock } = context
    const timeoutMs = timeoutOf(kustomization.spec)
    const waiting = waitForHealth({ refs, rules, observation, timeoutMs, clock, signal: run.signal })
    const { late, cancel } = grace()
    const early = await run.yieldSlot(Promise.race([waiting, late]))
    cancel()
    if (early !== undefined) return tell(early)
    await report(
      kustomization,
      { kind: 'progressing', phase: 'checking', revision: source.revision, inventory },
      context,
    )
    return tell(await run.yieldSlot(waiting))
  } finally {
    observation.close()
  }

  /** `late` resolves when it is time to say that this takes longer, unless that was cancelled before. */
  function grace() {
    const { promise: late, resolve } = Promise.withResolvers<undefined>()
    const isLate = () => resolve(undefined)
    let cancelTimer = context.clock.after(GRACE_MS, () => {
      void run.leisure().then(isLate)
      cancelTimer = context.clock.after(LONGEST_GRACE_MS - GRACE_MS, isLate)
    })
    return { late, cancel: () => cancelTimer() }
  }

  function tell(result: HealthResult): HealthResult {
    if (result.kind === 'healthy' && !quiet) {
      note(
        kustomization,
        'Progressing',
        `Health check passed in ${formatDuration(result.durationMs)}`,
        source.revision,
        context,
      )
    }
    return result
  }
}
