import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { at, has, numberAt, objectAt, objectsAt, textAt } from '../kinds/schema/value.ts'

/** Where a simulated container stands. Times are milliseconds since 1970. */
export interface ContainerState {
  readonly phase: 'waiting' | 'pulling' | 'starting' | 'running' | 'ended'
  readonly ready: boolean
  readonly restarts: number
  /** Why it waits, beyond ContainerCreating. */
  readonly reason?: string
  readonly message?: string
  readonly startedAt?: number
  readonly finishedAt?: number
  readonly exitCode?: number
  /** When its next move is due. */
  readonly until?: number
  readonly pullFailures?: number
  /** It was told already that it does not get ready. */
  readonly unhealthy?: boolean
  /** How it ended the time before. */
  readonly last?: { readonly exitCode: number; readonly startedAt: number; readonly finishedAt: number }
}

/** Containers of a pod by name, init containers too. */
export type Containers = ReadonlyMap<string, ContainerState>

/** Every container of a pod that has just come to its node. */
export function initialContainers(pod: KubeObject): Containers {
  const names = [...objectsAt(pod, 'spec', 'initContainers'), ...objectsAt(pod, 'spec', 'containers')]
  return new Map(names.map(one => [textAt(one, 'name'), { phase: 'waiting', ready: false, restarts: 0 }]))
}

/** The containers as a pod's status tells, to go on after a restart of the sandbox; undefined where it tells nothing. */
export function containerStates(pod: KubeObject): Containers | undefined {
  const statuses = [
    ...objectsAt(pod, 'status', 'initContainerStatuses'),
    ...objectsAt(pod, 'status', 'containerStatuses'),
  ]
  if (statuses.length === 0) return undefined
  return new Map([...initialContainers(pod), ...statuses.map(one => [textAt(one, 'name'), readState(one)] as const)])
}

function readState(status: JsonObject): ContainerState {
  const base = { ready: at(status, 'ready') === true, restarts: numberAt(status, 'restartCount') }
  const running = objectAt(status, 'state', 'running')
  if (has(status, 'state', 'running'))
    return { ...base, phase: 'running', startedAt: Date.parse(textAt(running, 'startedAt')) }
  const ended = objectAt(status, 'state', 'terminated')
  if (has(status, 'state', 'terminated'))
    return {
      ...base,
      phase: 'ended',
      exitCode: numberAt(ended, 'exitCode'),
      startedAt: Date.parse(textAt(ended, 'startedAt')),
      finishedAt: Date.parse(textAt(ended, 'finishedAt')),
    }
  return { ...base, phase: 'waiting' }
}
