import type { JsonObject } from '../../../manifest/json.ts'
import type { Column } from '../../kind.ts'
import { age } from '../../table.ts'
import { ageColumn, column, nameColumn } from '../columns.ts'
import { at, has, numberAt, objectsAt, textAt } from '../schema/value.ts'

/** What one line of `kubectl get pods` says. */
export interface PodSummary {
  readonly ready: number
  readonly total: number
  readonly status: string
  readonly restarts: number
  /** When the last container that was restarted had ended. */
  readonly lastRestart: string | undefined
}

/** Sums a pod's status up as kubectl shows it: the most telling reason of its containers, readiness, restarts. */
export function summarize(pod: JsonObject): PodSummary {
  const phase = textAt(pod, 'status', 'phase')
  const conditions = objectsAt(pod, 'status', 'conditions')
  const gated = conditions.some(
    one => textAt(one, 'type') === 'PodScheduled' && textAt(one, 'reason') === 'SchedulingGated',
  )
  const first = gated ? 'SchedulingGated' : textAt(pod, 'status', 'reason') || phase
  const init = summarizeInit(pod, first)
  const initialized = conditions.some(one => textAt(one, 'type') === 'Initialized' && textAt(one, 'status') === 'True')
  const counted = !init.initializing || initialized ? summarizeContainers(pod, init, conditions) : init
  const deleting = has(pod, 'metadata', 'deletionTimestamp')
  const ended = phase === 'Failed' || phase === 'Succeeded'
  const status =
    deleting && textAt(pod, 'status', 'reason') === 'NodeLost'
      ? 'Unknown'
      : deleting && !ended
        ? 'Terminating'
        : counted.status
  const { ready, total, restarts, lastRestart } = counted
  return { ready, total, status, restarts, lastRestart }
}

interface Init extends PodSummary {
  readonly initializing: boolean
  readonly sidecarRestarts: number
  readonly sidecarLastRestart: string | undefined
}

function summarizeInit(pod: JsonObject, first: string): Init {
  const specs = objectsAt(pod, 'spec', 'initContainers')
  const sidecars = new Set(specs.filter(isSidecar).map(one => textAt(one, 'name')))
  const total = objectsAt(pod, 'spec', 'containers').length + sidecars.size
  let [ready, restarts, sidecarRestarts, status, initializing] = [0, 0, 0, first, false]
  let lastRestart: string | undefined
  let sidecarLastRestart: string | undefined
  const statuses = objectsAt(pod, 'status', 'initContainerStatuses')
  for (const [index, container] of statuses.entries()) {
    const sidecar = sidecars.has(textAt(container, 'name'))
    restarts += numberAt(container, 'restartCount')
    lastRestart = later(lastRestart, container)
    if (sidecar) {
      sidecarRestarts += numberAt(container, 'restartCount')
      sidecarLastRestart = later(sidecarLastRestart, container)
    }
    const ended = has(container, 'state', 'terminated')
    if (ended && numberAt(container, 'state', 'terminated', 'exitCode') === 0) continue
    if (sidecar && at(container, 'started') === true) {
      if (at(container, 'ready') === true) ready++
      continue
    }
    const waiting = textAt(container, 'state', 'waiting', 'reason')
    if (ended) status = `Init:${endReason(container)}`
    else if (waiting !== '' && waiting !== 'PodInitializing') status = `Init:${waiting}`
    else status = `Init:${index}/${specs.length}`
    initializing = true
    break
  }
  return { ready, total, status, restarts, lastRestart, initializing, sidecarRestarts, sidecarLastRestart }
}

function summarizeContainers(pod: JsonObject, init: Init, conditions: readonly JsonObject[]): PodSummary {
  let { ready, status } = init
  let restarts = init.sidecarRestarts
  let lastRestart = init.sidecarLastRestart
  let running = false
  for (const container of objectsAt(pod, 'status', 'containerStatuses').toReversed()) {
    restarts += numberAt(container, 'restartCount')
    lastRestart = later(lastRestart, container)
    const waiting = textAt(container, 'state', 'waiting', 'reason')
    if (waiting !== '') status = waiting
    else if (has(container, 'state', 'terminated')) status = endReason(container)
    else if (at(container, 'ready') === true && has(container, 'state', 'running')) {
      running = true
      ready++
    }
  }
  if (status === 'Completed' && running) {
    const isReady = conditions.some(one => textAt(one, 'type') === 'Ready' && textAt(one, 'status') === 'True')
    status = isReady ? 'Running' : 'NotReady'
  }
  return { ready, total: init.total, status, restarts, lastRestart }
}

function isSidecar(container: JsonObject): boolean {
  return textAt(container, 'restartPolicy') === 'Always'
}

function endReason(container: JsonObject): string {
  const reason = textAt(container, 'state', 'terminated', 'reason')
  if (reason !== '') return reason
  const signal = numberAt(container, 'state', 'terminated', 'signal')
  return signal === 0 ? `ExitCode:${numberAt(container, 'state', 'terminated', 'exitCode')}` : `Signal:${signal}`
}

function later(time: string | undefined, container: JsonObject): string | undefined {
  const finished = textAt(container, 'lastState', 'terminated', 'finishedAt')
  return finished !== '' && (time === undefined || finished > time) ? finished : time
}

function readinessGates(pod: JsonObject): string {
  const gates = objectsAt(pod, 'spec', 'readinessGates')
  if (gates.length === 0) return '<none>'
  const conditions = objectsAt(pod, 'status', 'conditions')
  const met = gates.filter(gate => {
    const condition = conditions.find(one => textAt(one, 'type') === textAt(gate, 'conditionType'))
    return textAt(condition, 'status') === 'True'
  })
  return `${met.length}/${gates.length}`
}

/** The table of `kubectl get pods`. */
export const podColumns: readonly Column[] = [
  nameColumn,
  column('Ready', pod => {
    const { ready, total } = summarize(pod)
    return `${ready}/${total}`
  }),
  column('Status', pod => summarize(pod).status),
  column('Restarts', (pod, now) => {
    const { restarts, lastRestart } = summarize(pod)
    return restarts === 0 || lastRestart === undefined ? `${restarts}` : `${restarts} (${age(lastRestart, now)} ago)`
  }),
  ageColumn,
  column('IP', pod => textAt(objectsAt(pod, 'status', 'podIPs')[0], 'ip') || '<none>', { wide: true }),
  column('Node', pod => textAt(pod, 'spec', 'nodeName') || '<none>', { wide: true }),
  column('Nominated Node', pod => textAt(pod, 'status', 'nominatedNodeName') || '<none>', { wide: true }),
  column('Readiness Gates', readinessGates, { wide: true }),
]
