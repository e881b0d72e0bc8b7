import type { KubeObject } from '../../manifest/object.ts'
import type { Controller } from '../controller.ts'
import { at, numberAt, objectsAt, textAt } from '../kinds/schema/value.ts'
import { HasToWait } from '../registry/steps.ts'
import { StatusError } from '../status.ts'
import { moveContainers } from './container-moves.ts'
import { type Containers, containerStates, initialContainers } from './container-state.ts'
import { nodeAddress } from './nodes.ts'
import { podStatus } from './pod-status.ts'
import { createEventRecorder, type EventRecorder } from './shared/event-recorder.ts'
import { keyOf } from './shared/reconciler.ts'
import { writeStatus } from './shared/status.ts'

/** How long a pod takes to stop, in milliseconds. */
const stopTime = 200

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
        const again = () => later(key, one, 0, step)
        if (error instanceof HasToWait) error.done.then(again, again)
        else if (error instanceof StatusError) later(key, one, 1_000, step)
        else context.report(error)
      }
    })
  }

  function soon(key: string, one: Running): void {
    later(key, one, 0, pod => advance(key, one, pod))
  }

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
      stopTime,
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
    const { containers, wait } = moveContainers(record(pod), pod, one.containers, now)
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
