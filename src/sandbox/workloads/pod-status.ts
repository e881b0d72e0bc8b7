import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { timestamp } from '../clock.ts'
import { at, objectAt, objectsAt, textAt } from '../kinds/schema/value.ts'
import type { ContainerState, Containers } from './container-state.ts'
import { nodeAddress } from './nodes.ts'
import { type Condition, condition, conditionOf, withCondition } from './shared/status.ts'
import { templateHash } from './shared/template-hash.ts'

/** A pod's status as its kubelet writes it, from where the containers stand. */
export function podStatus(pod: KubeObject, containers: Containers, podIp: string, now: number): JsonObject {
  const specs = objectsAt(pod, 'spec', 'containers')
  const inits = objectsAt(pod, 'spec', 'initContainers')
  const phase = phaseOf(pod, specs, inits, containers)
  const started = specs.some(one => containers.get(textAt(one, 'name'))?.phase !== 'waiting')
  const initialized = inits.every(one => isThrough(one, containers))
  const host = nodeAddress(textAt(pod, 'spec', 'nodeName'))
  const hasAddress = started || inits.some(one => containers.get(textAt(one, 'name'))?.startedAt !== undefined)
  return {
    ...objectAt(pod, 'status'),
    observedGeneration: pod.metadata.generation ?? 1,
    phase,
    conditions: conditionsOf(pod, containers, phase, initialized, hasAddress, now),
    hostIP: host,
    hostIPs: [{ ip: host }],
    ...(hasAddress ? { podIP: podIp, podIPs: [{ ip: podIp }] } : {}),
    startTime: textAt(pod, 'status', 'startTime') || timestamp(now),
    ...(inits.length === 0
      ? {}
      : { initContainerStatuses: inits.map(one => containerStatus(pod, one, containers, 'PodInitializing')) }),
    containerStatuses: specs.map(one =>
      containerStatus(pod, one, containers, initialized ? 'ContainerCreating' : 'PodInitializing'),
    ),
  }
}

/** True for an init container that lets the next one begin. */
function isThrough(container: JsonObject, containers: Containers): boolean {
  const state = containers.get(textAt(container, 'name'))
  if (textAt(container, 'restartPolicy') === 'Always') return state?.phase === 'running'
  return state?.phase === 'ended' && state.exitCode === 0
}

function phaseOf(
  pod: KubeObject,
  specs: readonly JsonObject[],
  inits: readonly JsonObject[],
  containers: Containers,
): string {
  const states = specs.map(one => containers.get(textAt(one, 'name')))
  const initFailed = inits.some(one => {
    const state = containers.get(textAt(one, 'name'))
    return state?.phase === 'ended' && state.exitCode !== 0
  })
  if (initFailed && textAt(pod, 'spec', 'restartPolicy') === 'Never') return 'Failed'
  if (states.every(state => state?.phase === 'ended'))
    return states.every(state => state?.exitCode === 0) ? 'Succeeded' : 'Failed'
  const begun = states.some(state => state?.startedAt !== undefined || state?.last !== undefined)
  return begun ? 'Running' : 'Pending'
}

function conditionsOf(
  pod: KubeObject,
  containers: Containers,
  phase: string,
  initialized: boolean,
  hasAddress: boolean,
  now: number,
): readonly JsonObject[] {
  const generation = { observedGeneration: pod.metadata.generation ?? 1 }
  const names = objectsAt(pod, 'spec', 'containers').map(one => textAt(one, 'name'))
  const unready = names.filter(name => containers.get(name)?.ready !== true)
  const uninitialized = objectsAt(pod, 'spec', 'initContainers')
    .filter(one => !isThrough(one, containers))
    .map(one => textAt(one, 'name'))
  const ended = phase === 'Succeeded' || phase === 'Failed'
  const list = (all: readonly string[]) => `[${all.join(' ')}]`
  const notReady = { reason: 'ContainersNotReady', message: `containers with unready status: ${list(unready)}` }
  const over = { reason: phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed' }
  const containersReady: Condition = ended
    ? { type: 'ContainersReady', status: 'False', ...over }
    : unready.length === 0
      ? { type: 'ContainersReady', status: 'True' }
      : { type: 'ContainersReady', status: 'False', ...notReady }
  const missed = objectsAt(pod, 'spec', 'readinessGates')
    .map(gate => textAt(gate, 'conditionType'))
    .filter(type => textAt(conditionOf(pod, type), 'status') !== 'True')
  const ready: Condition =
    containersReady.status === 'True' && missed.length > 0
      ? {
          type: 'Ready',
          status: 'False',
          reason: 'ReadinessGatesNotReady',
          message: missed
            .map(type => `corresponding condition of pod readiness gate "${type}" does not exist.`)
            .join(', '),
        }
      : { ...containersReady, type: 'Ready' }
  const wanted: readonly Condition[] = [
    { type: 'PodReadyToStartContainers', status: hasAddress && !ended ? 'True' : 'False' },
    initialized
      ? { type: 'Initialized', status: 'True', ...(phase === 'Succeeded' ? over : {}) }
      : {
          type: 'Initialized',
          status: 'False',
          reason: 'ContainersNotInitialized',
          message: `containers with incomplete status: ${list(uninitialized)}`,
        },
    ready,
    containersReady,
  ]
  const own = wanted.map(one =>
    condition(conditionOf(pod, one.type), { ...one, more: { lastProbeTime: null, ...generation } }, now),
  )
  const scheduled = conditionOf(pod, 'PodScheduled')
  const all = scheduled === undefined ? own : [...own, scheduled]
  return objectsAt(pod, 'status', 'conditions').reduce<readonly JsonObject[]>(
    (conditions, one) =>
      conditions.some(other => textAt(other, 'type') === textAt(one, 'type'))
        ? conditions
        : withCondition(conditions, one),
    all,
  )
}

function containerStatus(pod: KubeObject, container: JsonObject, containers: Containers, waiting: string): JsonObject {
  const name = textAt(container, 'name')
  const image = textAt(container, 'image')
  const state = containers.get(name) ?? { phase: 'waiting', ready: false, restarts: 0 }
  const id = `sandbox://${templateHash([pod.metadata.uid ?? '', name, state.restarts])}`
  const begun = state.startedAt !== undefined
  const ended = state.phase === 'ended'
  return {
    name,
    state: stateOf(state, waiting, id),
    lastState:
      state.last === undefined
        ? {}
        : { terminated: terminated(state.last.exitCode, state.last.startedAt, state.last.finishedAt, id) },
    ready:
      state.ready ||
      (ended && state.exitCode === 0 && at(container, 'restartPolicy') === undefined && isInit(pod, name)),
    restartCount: state.restarts,
    image,
    imageID: begun ? `sandbox/${image}@sha256:${'0'.repeat(64)}` : '',
    ...(begun ? { containerID: id } : {}),
    started: state.phase === 'running',
  }
}

function isInit(pod: KubeObject, name: string): boolean {
  return objectsAt(pod, 'spec', 'initContainers').some(one => textAt(one, 'name') === name)
}

function stateOf(state: ContainerState, waiting: string, id: string): JsonObject {
  if (state.phase === 'running') return { running: { startedAt: timestamp(state.startedAt ?? 0) } }
  if (state.phase === 'ended')
    return { terminated: terminated(state.exitCode ?? 0, state.startedAt ?? 0, state.finishedAt ?? 0, id) }
  return {
    waiting: {
      reason: state.reason ?? waiting,
      ...(state.message === undefined ? {} : { message: state.message }),
    },
  }
}

function terminated(exitCode: number, startedAt: number, finishedAt: number, containerID: string): JsonObject {
  return {
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    startedAt: timestamp(startedAt),
    finishedAt: timestamp(finishedAt),
    containerID,
  }
}
