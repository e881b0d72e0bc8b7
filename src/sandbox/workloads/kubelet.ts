import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import type { Controller } from '../controller.ts'
import { at, numberAt, objectsAt, textAt } from '../kinds/schema/value.ts'
import { StatusError } from '../status.ts'
import { type ContainerState, type Containers, containerStates, initialContainers } from './container-state.ts'
import { type Fault, faultOf } from './faults.ts'
import { nodeAddress } from './nodes.ts'
import { podStatus } from './pod-status.ts'
import { createEventRecorder, type EventRecorder } from './shared/event-recorder.ts'
import { keyOf } from './shared/reconciler.ts'
import { writeStatus } from './shared/status.ts'

/** How long things take, in milliseconds. A pod without fault is ready in under a second. */
const pace = {
  pull: 250,
  start: 100,
  ready: 350,
  initRun: 150,
  run: 500,
  stop: 200,
  backOff: 10_000,
  longestBackOff: 300_000,
}

/** What the kubelet keeps in mind about a pod that it runs. */
interface Running {
  readonly uid: string
  containers: Containers
  podIp: string
  cancel: () => void
}

/** Runs pods on their nodes, in pretence: containers are pulled, started, get ready, end or fail on the clock. */
export const kubelet: Controller = context => {
  const client = context.client.as('kubelet')
  const recorders = new Map<string, EventRecorder>()
  const running = new Map<string, Running>()
  const addresses = createAddresses()
  const record = (pod: KubeObject): EventRecorder => {
    const node = textAt(pod, 'spec', 'nodeName')
    let found = recorders.get(node)
    if (found === undefined) {
      found = createEventRecorder(client, context.clock, 'kubelet', node)
      recorders.set(node, found)
    }
    return found
  }
  const stop = client.watch('/pods', ({ type, current }) => {
    const pod = current.object
    const key = keyOf(pod)
    const known = running.get(key)
    if (type === 'DELETED') {
      if (known !== undefined && known.uid === pod.metadata.uid) forget(key, known)
      return
    }
    if (textAt(pod, 'spec', 'nodeName') === '') return
    if (known === undefined || known.uid !== pod.metadata.uid) begin(key, pod)
    else if (pod.metadata.deletionTimestamp !== undefined) end(key, known)
    else if (gatesDiffer(pod)) soon(key, known)
  })

  function forget(key: string, one: Running): void {
    one.cancel()
    addresses.release(one.podIp)
    running.delete(key)
  }

  function later(key: string, one: Running, milliseconds: number, step: (pod: KubeObject) => void): void {
    one.cancel()
    one.cancel = context.clock.after(milliseconds, () => {
      const [namespace = '', name = ''] = key.split('/')
      const pod = client.get('/pods', namespace, name)
      if (pod === undefined || pod.metadata.uid !== one.uid) return
      try {
        step(pod)
      } catch (error) {
        if (error instanceof StatusError) later(key, one, 1_000, step)
        else context.report(error)
      }
    })
  }

  const soon = (key: string, one: Running) => later(key, one, 0, pod => advance(key, one, pod))

  function begin(key: string, pod: KubeObject): void {
    const phase = textAt(pod, 'status', 'phase')
    if (phase === 'Succeeded' || phase === 'Failed') {
      if (pod.metadata.deletionTimestamp === undefined) return
    }
    const one: Running = {
      uid: pod.metadata.uid ?? '',
      containers: containerStates(pod) ?? initialContainers(pod),
      podIp: textAt(pod, 'status', 'podIP'),
      cancel: () => {},
    }
    addresses.take(one.podIp)
    running.set(key, one)
    if (pod.metadata.deletionTimestamp !== undefined) end(key, one)
    else soon(key, one)
  }

  /** Stops the containers, then takes the pod away for good. */
  function end(key: string, one: Running): void {
    const grace = Math.min(
      pace.stop,
      numberAt(client.get('/pods', ...split(key)), 'metadata', 'deletionGracePeriodSeconds') * 1000,
    )
    later(key, one, grace, pod => {
      for (const [name, state] of one.containers)
        if (state.phase === 'running')
          record(pod)(pod, {
            reason: 'Killing',
            message: `Stopping container ${name}`,
            fieldPath: `spec.containers{${name}}`,
          })
      client.delete('/pods', ...split(key), { gracePeriodSeconds: 0, uid: one.uid })
    })
  }

  /** Takes every container one step on, writes the status, and plans the next step. */
  function advance(key: string, one: Running, pod: KubeObject): void {
    const now = context.clock.now()
    if (one.podIp === '')
      one.podIp = hostNetwork(pod) ? nodeAddress(textAt(pod, 'spec', 'nodeName')) : addresses.next(pod)
    const { containers, wait } = step(record(pod), pod, one.containers, now)
    one.containers = containers
    writeStatus(client, '/pods', pod, podStatus(pod, containers, one.podIp, now))
    if (wait !== undefined) later(key, one, wait, next => advance(key, one, next))
  }

  return () => {
    stop()
    for (const one of running.values()) one.cancel()
  }
}

function split(key: string): [string, string] {
  const slash = key.indexOf('/')
  return [key.slice(0, slash), key.slice(slash + 1)]
}

const hostNetwork = (pod: KubeObject) => at(pod, 'spec', 'hostNetwork') === true

/** True when readiness gates were met or missed since the condition Ready was written. */
function gatesDiffer(pod: KubeObject): boolean {
  if (objectsAt(pod, 'spec', 'readinessGates').length === 0) return false
  const conditions = objectsAt(pod, 'status', 'conditions')
  const isTrue = (type: string) =>
    conditions.some(one => textAt(one, 'type') === type && textAt(one, 'status') === 'True')
  const met = objectsAt(pod, 'spec', 'readinessGates').every(gate => isTrue(textAt(gate, 'conditionType')))
  return isTrue('ContainersReady') && isTrue('Ready') !== met
}

/** Moves the containers on as far as they can go now; `wait` is when to look again, undefined when nothing is to come. */
function step(
  record: EventRecorder,
  pod: KubeObject,
  before: Containers,
  now: number,
): { readonly containers: Containers; readonly wait: number | undefined } {
  const containers = new Map(before)
  let wait: number | undefined
  const soonest = (milliseconds: number | undefined) => {
    if (milliseconds !== undefined) wait = Math.min(wait ?? Number.POSITIVE_INFINITY, milliseconds)
  }
  for (const container of objectsAt(pod, 'spec', 'initContainers')) {
    const name = textAt(container, 'name')
    const sidecar = textAt(container, 'restartPolicy') === 'Always'
    soonest(move(record, pod, container, containers, 'init', now))
    const state = containers.get(name)
    const through = sidecar ? state?.phase === 'running' : state?.phase === 'ended' && state.exitCode === 0
    if (!through) return { containers, wait }
  }
  for (const container of objectsAt(pod, 'spec', 'containers'))
    soonest(move(record, pod, container, containers, 'main', now))
  return { containers, wait }
}

/** One container's next move; the result is when to look at it again. */
function move(
  record: EventRecorder,
  pod: KubeObject,
  container: JsonObject,
  containers: Map<string, ContainerState>,
  role: 'init' | 'main',
  now: number,
): number | undefined {
  const name = textAt(container, 'name')
  const image = textAt(container, 'image')
  const state = containers.get(name)
  if (state === undefined) return undefined
  const fault = role === 'init' ? initFault(pod, image) : faultOf(pod, image)
  const tell = (reason: string, message: string, type: 'Normal' | 'Warning' = 'Normal') =>
    record(pod, {
      type,
      reason,
      message,
      fieldPath: `spec.${role === 'init' ? 'initContainers' : 'containers'}{${name}}`,
    })
  const become = (next: ContainerState, wait?: number) => {
    containers.set(name, next)
    return wait
  }
  const left = state.until === undefined ? 0 : state.until - now
  if (left > 0) return left
  switch (state.phase) {
    case 'waiting':
      if (fault?.kind === 'pending') return undefined
      if (state.reason === 'CrashLoopBackOff') return start(state)
      tell('Pulling', `Pulling image "${image}"`)
      return become({ ...state, phase: 'pulling', until: now + pace.pull }, pace.pull)
    case 'pulling':
      if (fault?.kind === 'image-pull') return refuse(state)
      tell(
        'Pulled',
        `Successfully pulled image "${image}" in ${pace.pull}ms (${pace.pull}ms including waiting). Image size: 0 bytes.`,
      )
      return become({ ...state, phase: 'starting', until: now + pace.start }, pace.start)
    case 'starting':
      return start(state)
    case 'running':
      return running(state)
    case 'ended':
      return again(state)
  }

  function refuse(pulling: ContainerState): number | undefined {
    const failures = (pulling.pullFailures ?? 0) + 1
    const reason = failures % 2 === 1 ? 'ErrImagePull' : 'ImagePullBackOff'
    const text = `failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`
    if (reason === 'ErrImagePull') {
      tell('Failed', `Failed to pull image "${image}": ${text}`, 'Warning')
      tell('Failed', 'Error: ErrImagePull', 'Warning')
    } else {
      tell('BackOff', `Back-off pulling image "${image}"`)
      tell('Failed', 'Error: ImagePullBackOff', 'Warning')
    }
    const message = reason === 'ErrImagePull' ? text : `Back-off pulling image "${image}": ErrImagePull: ${text}`
    const wait = reason === 'ErrImagePull' ? 500 : Math.min(pace.backOff * 2 ** (failures / 2 - 1), pace.longestBackOff)
    return become({ ...pulling, reason, message, pullFailures: failures, until: now + wait }, wait)
  }

  function start(from: ContainerState): number | undefined {
    tell('Created', `Created container: ${name}`)
    tell('Started', `Started container ${name}`)
    const { reason: _r, message: _m, until: _u, exitCode: _e, finishedAt: _f, ...rest } = from
    const wait = runTime(pod, container, role, fault)
    return become(
      { ...rest, phase: 'running', startedAt: now, ready: false, until: now + (wait ?? pace.ready) },
      wait ?? pace.ready,
    )
  }

  function running(from: ContainerState): number | undefined {
    const { until: _until, ...rest } = from
    const ends = runTime(pod, container, role, fault) !== undefined
    if (ends) {
      const exitCode = fault?.kind === 'crash-loop' ? 1 : 0
      return again(put({ ...rest, phase: 'ended', ready: false, exitCode, finishedAt: now }))
    }
    if (from.ready) return undefined
    if (fault?.kind === 'never-ready') {
      if (!from.unhealthy)
        tell('Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503', 'Warning')
      return become({ ...rest, unhealthy: true })
    }
    if (fault?.kind === 'slow-start') {
      const remaining = (from.startedAt ?? now) + fault.milliseconds - now
      if (remaining > 0) return become({ ...from, until: now + remaining }, remaining)
    }
    return become({ ...rest, ready: true })
  }

  function put(next: ContainerState): ContainerState {
    containers.set(name, next)
    return next
  }

  function again(ended: ContainerState): number | undefined {
    const policy =
      role === 'init' && textAt(container, 'restartPolicy') === 'Always'
        ? 'Always'
        : textAt(pod, 'spec', 'restartPolicy')
    const restarts =
      policy === 'Always' ? role === 'main' || ended.exitCode !== 0 : policy === 'OnFailure' && ended.exitCode !== 0
    if (!restarts) return undefined
    const delay = Math.min(pace.backOff * 2 ** ended.restarts, pace.longestBackOff)
    const who = `${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`
    tell('BackOff', `Back-off restarting failed container ${name} in pod ${who}`, 'Warning')
    return become(
      {
        phase: 'waiting',
        reason: 'CrashLoopBackOff',
        message: `back-off ${Math.round(delay / 1000)}s restarting failed container=${name} pod=${who}`,
        ready: false,
        restarts: ended.restarts + 1,
        until: now + delay,
        last: {
          exitCode: ended.exitCode ?? 0,
          startedAt: ended.startedAt ?? now,
          finishedAt: ended.finishedAt ?? now,
        },
      },
      delay,
    )
  }
}

/** An annotation speaks of the pod's own containers; an init container fails only by its image. */
function initFault(pod: KubeObject, image: string): Fault | undefined {
  return faultOf({ ...pod, metadata: { ...pod.metadata, annotations: {} } }, image)
}

/** How long a container runs before it ends by itself; undefined for one that runs on. */
function runTime(
  pod: KubeObject,
  container: JsonObject,
  role: 'init' | 'main',
  fault: Fault | undefined,
): number | undefined {
  if (fault?.kind === 'crash-loop') return pace.run
  if (role === 'init') return textAt(container, 'restartPolicy') === 'Always' ? undefined : pace.initRun
  return textAt(pod, 'spec', 'restartPolicy') === 'Always' ? undefined : pace.run
}

/** Pod addresses, a /24 for each node. */
function createAddresses() {
  const taken = new Set<string>()
  let count = 0
  return {
    take: (ip: string) => void taken.add(ip),
    release: (ip: string) => void taken.delete(ip),
    next(pod: KubeObject): string {
      const node = nodeAddress(textAt(pod, 'spec', 'nodeName')).split('.')[3] ?? '11'
      for (;;) {
        count = (count + 1) % 60_000
        const ip = `10.${244 + Math.floor(count / 254 / 200)}.${(Number(node) - 10 + 2 * Math.floor(count / 254)) % 256}.${1 + (count % 254)}`
        if (taken.has(ip)) continue
        taken.add(ip)
        return ip
      }
    },
  }
}
