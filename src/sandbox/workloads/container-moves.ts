import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { objectsAt, textAt } from '../kinds/schema/value.ts'
import type { ContainerState, Containers } from './container-state.ts'
import { type Fault, faultOf } from './faults.ts'
import type { EventRecorder } from './shared/event-recorder.ts'

/** How long things take, in milliseconds. A pod without fault is ready in under a second. */
const pace = {
  pull: 250,
  start: 100,
  ready: 350,
  initRun: 150,
  run: 500,
  backOff: 10_000,
  longestBackOff: 300_000,
}

/** Moves the containers on as far as they can go now; `wait` is when to look again, undefined when nothing is to come. */
export function moveContainers(
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
