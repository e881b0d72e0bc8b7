import { createHash } from 'node:crypto'
import type { KubeClient } from '../../kube/client-types.ts'
import { type Election, runElection } from '../../kube/leader.ts'
import { readLease } from '../../kube/lease.ts'
import type { Clock } from '../../manifest/clock.ts'
import { CommandFailure } from '../failure.ts'
import type { RunSettings } from './settings.ts'

export interface EngineLockOptions {
  readonly cluster: Pick<KubeClient, 'get' | 'create' | 'update'>
  readonly namespace: string
  readonly name: string
  readonly identity: string
  readonly election: RunSettings['election']
  /** Told when the lock is held; the signal is aborted as soon as it is not any more. */
  readonly onHeld: (signal: AbortSignal) => void
  /** Told why this engine must not start, where election is off and another one runs. */
  readonly onRefused: (failure: CommandFailure) => void
  /** Told each change of the holder. */
  readonly onHolder?: (identity: string) => void
  readonly onError?: (error: unknown) => void
  readonly clock?: Clock
}

/** The Lease of the engines that serve the same objects: those of a shard have one of their own. */
export function leaseNameFor(watchLabelSelector: string | undefined): string {
  const name = 'lockstep-leader-election'
  if (watchLabelSelector === undefined) return name
  return `${name}-${createHash('sha256').update(watchLabelSelector).digest('hex').slice(0, 10)}`
}

/**
 * Makes sure that one engine at a time writes. With leader election, the others stand by. Without it the Lease is held all
 * the same: an engine that finds it renewed by another one is refused; one whose holder is silent, as after a crash, gets
 * it when it has expired.
 */
export function holdEngineLock(options: EngineLockOptions): Election {
  const { cluster, election, identity, name, namespace } = options
  let seen: { readonly holder: string; readonly renewed: number } | undefined

  function refuseIfAlive(holder: string, renewed: number): void {
    const before = seen
    seen = { holder, renewed }
    const isOther = holder !== '' && holder !== identity
    const isAlive = before !== undefined && (before.holder !== holder || before.renewed !== renewed)
    if (election.enabled || !isOther || !isAlive) return
    options.onRefused(
      new CommandFailure(
        `another engine serves this cluster: '${holder}' holds the Lease ${namespace}/${name} and renews it. ` +
          'Two engines at once would undo each other; stop one of them, start both with --enable-leader-election, ' +
          'or divide the objects among them with --watch-label-selector',
      ),
    )
  }

  const watched: typeof cluster = {
    ...cluster,
    create: cluster.create,
    update: cluster.update,
    async get(ref, getOptions) {
      const found = await cluster.get(ref, getOptions)
      if (found !== undefined) {
        const { holder, renewed } = readLease(found)
        refuseIfAlive(holder, renewed)
      }
      return found
    },
  }
  const { leaseDuration, renewDeadline, retryPeriod } = election
  return runElection(watched, {
    namespace,
    name,
    identity,
    fieldManager: 'lockstep',
    leaseDuration,
    renewDeadline,
    retryPeriod,
    onLead: options.onHeld,
    ...(options.onHolder !== undefined && { onHolder: options.onHolder }),
    ...(options.onError !== undefined && { onError: options.onError }),
    ...(options.clock !== undefined && { clock: options.clock }),
  })
}
