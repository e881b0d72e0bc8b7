import { type Clock, systemClock } from '../manifest/clock.ts'
import type { KubeObject, ObjectRef } from '../manifest/object.ts'
import { ApiError, type Cluster } from './cluster.ts'
import { heldBy, type LeaseRecord, leaseObject, readLease } from './lease.ts'
import { sleep } from './sleep.ts'

export interface ElectionOptions {
  readonly namespace: string
  /** Name of the Lease. Candidates that share it elect one of them. */
  readonly name: string
  /** Who this candidate is; must differ between candidates. */
  readonly identity: string
  readonly fieldManager: string
  /** Called when this candidate becomes the leader; the signal is aborted as soon as it is no more. */
  readonly onLead: (signal: AbortSignal) => void
  /** Told each change of the holder, also others. */
  readonly onHolder?: (identity: string) => void
  /** Told each failed attempt; the election goes on. */
  readonly onError?: (error: unknown) => void
  /** Milliseconds: how long others wait for a silent leader (35 s), how long a leader goes on without renewing (30 s), and between attempts (5 s). */
  readonly leaseDuration?: number
  readonly renewDeadline?: number
  readonly retryPeriod?: number
  readonly clock?: Clock
  readonly random?: () => number
}

export interface Election {
  readonly leading: boolean
  /** The last holder seen; empty before the first look, and while nobody holds the lease. */
  readonly holder: string
  /** Ends the candidature; gives the lease back when it is held, so that another takes over at once. */
  stop(): Promise<void>
}

const LEASE = { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease' }

/**
 * Leader election over a Lease as client-go does it, compatible with its candidates. Other clocks are not trusted: a lease
 * counts as expired when it was seen unchanged for its duration by the own clock. A candidate that lost goes on trying.
 */
export function runElection(cluster: Pick<Cluster, 'get' | 'create' | 'update'>, options: ElectionOptions): Election {
  const { clock = systemClock, random = Math.random, identity, fieldManager } = options
  const { leaseDuration = 35_000, renewDeadline = 30_000, retryPeriod = 5_000 } = options
  const ref: ObjectRef = { ...LEASE, namespace: options.namespace, name: options.name }
  const stopping = new AbortController()
  let seen: { readonly record: LeaseRecord; readonly object: KubeObject; readonly at: number } | undefined
  let term: { readonly over: AbortController; cancelDeadline: () => void } | undefined

  function observe(object: KubeObject): LeaseRecord {
    const record = readLease(object)
    if (seen === undefined || object.metadata.resourceVersion !== seen.object.metadata.resourceVersion) {
      const before = seen?.record.holder
      seen = { record, object, at: clock.elapsed() }
      if (before !== record.holder) options.onHolder?.(record.holder)
    }
    return record
  }

  /** True when the lease is ours afterwards. */
  async function attempt(signal: AbortSignal): Promise<boolean> {
    const started = clock.now()
    const found = await cluster.get(ref, { signal })
    if (found === undefined) {
      const record = heldBy(identity, leaseDuration, started, undefined)
      observe(await cluster.create(leaseObject(ref, record), { fieldManager, signal }))
      return true
    }
    const record = observe(found)
    const others = record.holder !== '' && record.holder !== identity
    if (others && clock.elapsed() < (seen?.at ?? 0) + record.durationSeconds * 1000) return false
    const next = leaseObject(ref, heldBy(identity, leaseDuration, started, record), found)
    observe(await cluster.update(next, { fieldManager, signal }))
    return true
  }

  function lead(renewed: number): void {
    term?.cancelDeadline()
    const cancelDeadline = clock.after(renewed + renewDeadline - clock.elapsed(), () =>
      resign('the lease could not be renewed'),
    )
    if (term !== undefined) {
      term.cancelDeadline = cancelDeadline
      return
    }
    term = { over: new AbortController(), cancelDeadline }
    options.onLead(term.over.signal)
  }

  function resign(reason: string): void {
    const ended = term
    term = undefined
    ended?.cancelDeadline()
    ended?.over.abort(new Error(reason))
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const started = clock.elapsed()
      // A request that hangs must not outlive the leadership that it is to renew.
      const late = new AbortController()
      const cancel = clock.after(renewDeadline, () => late.abort(new Error('the API server did not answer in time')))
      try {
        const ours = await attempt(AbortSignal.any([stopping.signal, late.signal]))
        if (stopping.signal.aborted) return
        if (ours) lead(started)
        else resign(`${seen?.record.holder} holds the lease`)
      } catch (error) {
        // Another candidate was faster; that is what elections are for.
        if (!isConflict(error) && !stopping.signal.aborted) options.onError?.(error)
      } finally {
        cancel()
      }
      const pause = term === undefined ? retryPeriod * (1 + 0.2 * random()) : retryPeriod
      await sleep(clock, pause, stopping.signal).catch(() => {})
    }
  }

  async function release(): Promise<void> {
    const held = term !== undefined && seen?.record.holder === identity ? seen : undefined
    resign('the election was stopped')
    if (held === undefined) return
    try {
      await giveBack(held.object).catch(async error => {
        if (!isConflict(error)) throw error
        // The renewal that the stop broke off had reached the server.
        const found = await cluster.get(ref)
        if (found !== undefined && readLease(found).holder === identity) await giveBack(found)
      })
    } catch (error) {
      options.onError?.(error)
    }
  }

  async function giveBack(object: KubeObject): Promise<void> {
    const record = { ...readLease(object), holder: '', durationSeconds: 1, renewed: clock.now() }
    await cluster.update(leaseObject(ref, record, object), { fieldManager })
  }

  const running = run()
  return {
    get leading() {
      return term !== undefined
    },
    get holder() {
      return seen?.record.holder ?? ''
    },
    async stop() {
      stopping.abort(new Error('the election was stopped'))
      await running
      await release()
    },
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.code === 409
}
