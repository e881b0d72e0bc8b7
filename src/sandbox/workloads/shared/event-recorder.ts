import type { JsonObject } from '../../../manifest/json.ts'
import type { KubeObject } from '../../../manifest/object.ts'
import type { SandboxClient } from '../../client.ts'
import { type Clock, microTimestamp, timestamp } from '../../clock.ts'
import { HasToWait } from '../../registry/steps.ts'
import { StatusError } from '../../status.ts'

/** What happened, to which object. */
export interface Occurrence {
  readonly type?: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  /** The part of the object that it is about: `spec.containers{web}`. */
  readonly fieldPath?: string
  /** Set for events of the newer kind, which say what was being done. */
  readonly action?: string
}

/** Writes Events as one component; the same event again counts up the one that is there. */
export type EventRecorder = (object: KubeObject, occurrence: Occurrence) => void

const remembered = 4096
const lifetime = 60 * 60 * 1000

/**
 * A recorder for a component (`deployment-controller`), writing as `client`. `host` is the node where it runs, for kubelets.
 * Events are gone after an hour, as on a real cluster. What the API refuses (namespace on its way out) is dropped.
 */
export function createEventRecorder(
  client: SandboxClient,
  clock: Clock,
  component: string,
  host?: string,
): EventRecorder {
  const recent = new Map<string, string>()
  let last = 0n

  return (object, { type = 'Normal', reason, message, fieldPath, action }) => {
    const { name, namespace = '', uid = '', resourceVersion = '' } = object.metadata
    const key = [uid, type, reason, message, fieldPath ?? '', host ?? ''].join('\n')
    const home = namespace === '' ? 'default' : namespace
    try {
      if (action === undefined && countUp(home, recent.get(key))) return
      const about = {
        apiVersion: object.apiVersion,
        kind: object.kind,
        name,
        ...(namespace === '' ? {} : { namespace }),
        uid,
        resourceVersion,
        ...(fieldPath === undefined ? {} : { fieldPath }),
      }
      const eventName = createNamed(name, {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace: home },
        involvedObject: about,
        reason,
        message,
        type,
        reportingComponent: component,
        ...(action === undefined ? countedFields() : seriesFields(action)),
      } as unknown as KubeObject)
      if (recent.size > remembered) recent.clear()
      recent.set(key, eventName)
      clock.after(lifetime, () => quietly(() => void client.delete('/events', home, eventName)))
    } catch (error) {
      if (!canDoWithout(error)) throw error
    }
  }

  function quietly(write: () => void): void {
    try {
      write()
    } catch (error) {
      if (!canDoWithout(error)) throw error
    }
  }

  /** Events are named by the nanosecond; those of one instant take the next ones that are free. */
  function createNamed(name: string, event: KubeObject): string {
    const now = BigInt(clock.now()) * 1_000_000n
    last = now > last ? now : last + 1n
    for (;;) {
      const eventName = `${name}.${last.toString(16)}`
      if (client.get('/events', event.metadata.namespace ?? '', eventName) === undefined) {
        client.create('/events', { ...event, metadata: { ...event.metadata, name: eventName } })
        return eventName
      }
      last += 1n
    }
  }

  function countUp(namespace: string, name: string | undefined): boolean {
    const event = name === undefined ? undefined : client.get('/events', namespace, name)
    if (event === undefined) return false
    const count = typeof event['count'] === 'number' ? event['count'] : 1
    client.update('/events', { ...event, count: count + 1, lastTimestamp: timestamp(clock.now()) })
    return true
  }

  function countedFields(): JsonObject {
    const now = timestamp(clock.now())
    return {
      source: host === undefined ? { component } : { component, host },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      reportingInstance: host ?? '',
    }
  }

  function seriesFields(action: string): JsonObject {
    return {
      source: {},
      eventTime: microTimestamp(clock.now()),
      action,
      reportingInstance: `${component}-sandbox`,
    }
  }
}

/** Nothing depends on an event: what is refused is not told, and what has to wait goes on by itself. */
function canDoWithout(error: unknown): boolean {
  return error instanceof StatusError || error instanceof HasToWait
}
