import { systemClock } from '../manifest/clock.ts'
import type { GroupVersionKind } from '../manifest/object.ts'
import { backoffDelay } from './backoff.ts'
import type { KubeClient } from './client-types.ts'
import { ApiError } from './cluster.ts'
import { sleep } from './sleep.ts'

const BACKOFF = { base: 20, limit: 1000 }
const DEADLINE_MS = 60_000

/**
 * Resolves when the server has a kind. It tells of a new one some time after it has its definition, and nothing says when,
 * so that it is asked again and again. Rejects with the server's `NoKindMatch` when that has taken a minute.
 */
export async function untilServed(client: KubeClient, gvk: GroupVersionKind): Promise<void> {
  const deadline = systemClock.elapsed() + DEADLINE_MS
  for (let failures = 1; ; failures++) {
    try {
      await client.resource(gvk)
      return
    } catch (error) {
      const isMissing = error instanceof ApiError && error.reason === 'NoKindMatch'
      if (!isMissing || systemClock.elapsed() > deadline) throw error
    }
    await sleep(systemClock, backoffDelay(BACKOFF, failures))
    client.invalidate(gvk.group)
  }
}
