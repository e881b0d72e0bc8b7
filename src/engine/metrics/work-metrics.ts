import type { Fact, Ledger } from '../../ledger/ledger.ts'
import type { WorkObserver } from '../work-observer.ts'
import type { Family, Labels } from './format.ts'
import { createCounter, createHistogram } from './instruments.ts'
import { measureQueues } from './queue-metrics.ts'

/** The buckets of Flux's histogram, from 10 ms to half an hour, to the last digit as its `le` labels have them. */
const FLUX_BUCKETS = [
  0.01, 0.038363583488692544, 0.1471764538093883, 0.5646216173286169, 2.166090855590701, 8.309900738254731,
  31.879757075478317, 122.30217221643493, 469.19495946736544, 1799.9999999999986,
]
/** Those of controller-runtime. */
const RECONCILE_BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2,
  2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
]

const LONGEST_LABEL = 200

/** The controllers whose metrics are told from the start, by the names that they have in Flux. */
const CONTROLLERS = ['gitrepository', 'kustomization']

function partsOf(key: string): Labels {
  const [kind = '', namespace = '', name = ''] = key.split('/')
  return { kind, name, namespace }
}

function controllerOf(key: string): string {
  return (key.split('/', 1)[0] ?? '').toLowerCase()
}

/** What is counted of the engine's work. */
export interface WorkMetrics extends WorkObserver {
  /** The same ledger, which also counts what is told to it. */
  counted(ledger: Ledger): Ledger
  /** `queued` are the keys that wait for their turn. */
  families(queued: readonly string[]): readonly Family[]
}

/** Counts runs as controller-runtime and Flux do, and what was found out and done in them. */
export function countWork(concurrency: number): WorkMetrics {
  const total = createCounter('controller_runtime_reconcile_total', 'Reconciliations by controller and result.')
  const errors = createCounter('controller_runtime_reconcile_errors_total', 'Failed reconciliations by controller.')
  const terminal = createCounter(
    'controller_runtime_terminal_reconcile_errors_total',
    'Reconciliations that cannot succeed before somebody changes the object.',
  )
  const panics = createCounter(
    'controller_runtime_reconcile_panics_total',
    'Always 0: a reconciliation that ends with an exception is an error, and is tried again.',
  )
  const timeouts = createCounter(
    'controller_runtime_reconcile_timeouts_total',
    'Always 0: no reconciliation is given up.',
  )
  const active = createCounter('controller_runtime_active_workers', 'Reconciliations under way by controller.', 'gauge')
  const time = createHistogram(
    'controller_runtime_reconcile_time_seconds',
    'Seconds that reconciliations took by controller.',
    RECONCILE_BUCKETS,
  )
  const duration = createHistogram(
    'gotk_reconcile_duration_seconds',
    'Seconds that the reconciliations of an object took.',
    FLUX_BUCKETS,
  )
  const drift = createCounter(
    'lockstep_drift_reverted_total',
    'Objects brought back to what Git holds, by Kustomization.',
  )
  const leftAlone = createCounter(
    'lockstep_drift_reported',
    'Fields that differ from what was applied and are left alone, by object and field manager; 0 for a deleted object.',
    'gauge',
  )
  const outcomes = createCounter('lockstep_reconcile_outcomes_total', 'Outcomes of reconciliations by kind of object.')
  const renders = createCounter(
    'lockstep_renders_total',
    'Renderings of Kustomizations; a hit gave the last result back.',
  )
  const queues = measureQueues(CONTROLLERS, controllerOf)
  /** Objects whose present run has come to a failure; the run itself ends without an exception. */
  const failing = new Set<string>()
  for (const controller of CONTROLLERS) {
    active.add({ controller }, 0)
    for (const counter of [errors, terminal, panics, timeouts]) counter.add({ controller }, 0)
    for (const result of ['error', 'requeue', 'requeue_after', 'success']) total.add({ controller, result }, 0)
  }
  for (const cache of ['hit', 'miss']) renders.add({ cache }, 0)

  function count({ kind, subject, outcome }: Fact): void {
    const labels = partsOf(subject)
    if (kind === 'drift.reverted') drift.add(labels)
    if (kind.startsWith('reconcile.') || kind.startsWith('source.'))
      outcomes.add({ kind: labels['kind'] ?? '', fact: kind, outcome: outcome ?? '' })
    if (kind === 'reconcile.stalled') terminal.add({ controller: controllerOf(subject) })
    if (outcome === 'failed' && /^(reconcile|source)\./.test(kind)) failing.add(subject)
  }

  return {
    queued: queues.queued,
    started(key) {
      queues.started(key)
      active.add({ controller: controllerOf(key) })
    },
    ended(key, result, milliseconds) {
      queues.ended(key, result !== 'success')
      const controller = controllerOf(key)
      const hasFailed = failing.delete(key) || result === 'error'
      active.add({ controller }, -1)
      total.add({ controller, result: hasFailed ? 'error' : result })
      if (hasFailed) errors.add({ controller })
      time.observe({ controller }, milliseconds / 1000)
      duration.observe(partsOf(key), milliseconds / 1000)
    },
    drifted(key, drifts) {
      leftAlone.forget(partsOf(key))
      for (const { object, fields, by = '' } of drifts)
        leftAlone.add({ ...partsOf(key), object, fields: fields.join(',').slice(0, LONGEST_LABEL), by }, fields.length)
    },
    rendered: recalled => renders.add({ cache: recalled ? 'hit' : 'miss' }),
    counted: ledger => ({
      ...ledger,
      append(facts) {
        for (const fact of facts) count(fact)
        ledger.append(facts)
      },
    }),
    forget(key) {
      queues.forget(key)
      duration.forget(partsOf(key))
      drift.forget(partsOf(key))
      leftAlone.forget(partsOf(key))
    },
    families(queued) {
      const workers = CONTROLLERS.map(controller => ({ labels: { controller }, value: concurrency }))
      return [
        total.family(),
        errors.family(),
        terminal.family(),
        panics.family(),
        timeouts.family(),
        active.family(),
        {
          name: 'controller_runtime_max_concurrent_reconciles',
          help: 'How many reconciliations may be under way.',
          type: 'gauge',
          samples: workers,
        },
        time.family(),
        ...queues.families(queued),
        duration.family(),
        drift.family(),
        leftAlone.family(),
        outcomes.family(),
        renders.family(),
      ]
    },
  }
}
