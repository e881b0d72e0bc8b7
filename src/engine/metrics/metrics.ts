import type { RequestEvent } from '../../kube/client-types.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { Engine } from '../engine.ts'
import type { WorkObserver } from '../work-observer.ts'
import { type Family, formatMetrics } from './format.ts'
import { measureProcess } from './process-metrics.ts'
import { countRequests } from './request-metrics.ts'
import { resourceFamilies } from './resource-metrics.ts'
import { countWork } from './work-metrics.ts'

/** What is measured of one process. */
export interface Metrics {
  /** For `EngineOptions.observer`. */
  readonly observer: WorkObserver
  /** The same ledger, which also counts what is told to it. */
  counted(ledger: Ledger): Ledger
  /** For `ClientOptions.onRequest`; `host` is that of the API server. */
  request(host: string, event: RequestEvent): void
  /** The engine that queues and objects are looked up in from now on; undefined for a standby. */
  watch(engine: Pick<Engine, 'inspect'> | undefined): void
  /** Everything in the text format of Prometheus. */
  text(): string
  close(): void
}

interface MetricsOptions {
  readonly concurrency: number
  /** Name of the Lease and whether this process holds it. */
  readonly leader: () => { readonly name: string; readonly leading: boolean }
}

export function createMetrics({ concurrency, leader }: MetricsOptions): Metrics {
  const work = countWork(concurrency)
  const requests = countRequests()
  const self = measureProcess()
  let engine: Pick<Engine, 'inspect'> | undefined

  function leaderFamily(): Family {
    const { name, leading } = leader()
    const help = 'Whether this process holds the Lease.'
    return {
      name: 'leader_election_master_status',
      help,
      type: 'gauge',
      samples: [{ labels: { name }, value: leading ? 1 : 0 }],
    }
  }

  return {
    observer: work,
    counted: ledger => work.counted(ledger),
    request: requests.count,
    watch(next) {
      engine = next
    },
    text() {
      const { objects, queued } = engine?.inspect() ?? { objects: [], queued: [] }
      return formatMetrics([
        ...resourceFamilies(objects),
        ...work.families(queued),
        leaderFamily(),
        ...requests.families(),
        ...self.families(),
      ])
    },
    close: () => self.close(),
  }
}
