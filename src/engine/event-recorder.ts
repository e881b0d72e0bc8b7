import { createHash } from 'node:crypto'
import type { Cluster } from '../kube/cluster.ts'
import { type Clock, timestamp } from '../manifest/clock.ts'
import type { KubeObject } from '../manifest/object.ts'

/** Something to tell whoever runs `kubectl describe` or `flux events`. */
export interface EventNote {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  readonly annotations?: Readonly<Record<string, string>>
}

export interface EventRecorder {
  /** Returns at once; the event is written in the background, and dropped when the server will not have it. */
  record(about: KubeObject, note: EventNote): void
  /** Resolves when everything recorded so far has been written or dropped. */
  flush(): Promise<void>
}

interface RecorderOptions {
  readonly cluster: Cluster
  /** `kustomize-controller`, `source-controller`: whose place Lockstep takes. */
  readonly component: string
  readonly clock: Clock
  readonly onError: (error: unknown) => void
  /** Resolves when little is under way that is more urgent than an event. */
  readonly leisure: () => Promise<void>
}

/** The API server refuses messages above 1 KiB in events.k8s.io, but takes longer ones in core/v1; Flux does not cut. */
const MESSAGE_LIMIT = 16_000
const REMEMBERED = 2000
/** The longest that an event stands back for more urgent work: as long as a thousand objects take. */
const PATIENCE_MS = 30_000

function keyOf(about: KubeObject, note: EventNote): string {
  const identity = [about.metadata.uid, note.type, note.reason, note.message, JSON.stringify(note.annotations)]
  return createHash('sha1').update(identity.join('\0')).digest('hex')
}

const STAMPS_PER_MS = 1_000_000
let stamps = 0

/** Nanoseconds in hex, as client-go ends the names of events with: those of the same second stay in their order by name. */
function nextStamp(nowMs: number): string {
  stamps = (stamps + 1) % STAMPS_PER_MS
  return (BigInt(Math.floor(nowMs)) * BigInt(STAMPS_PER_MS) + BigInt(stamps)).toString(16)
}

/**
 * Writes core/v1 Events as the Flux controllers do. A repetition counts up the event it repeats instead of making a new
 * one, as client-go's recorder does.
 */
export function createEventRecorder({ cluster, component, clock, onError, leisure }: RecorderOptions): EventRecorder {
  const written = new Map<string, { event: KubeObject; count: number }>()
  let tail = Promise.resolve()
  let flushing = 0
  let hurry = () => {}

  async function standBack(recordedAt: number): Promise<void> {
    if (flushing > 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = clock.after(recordedAt + PATIENCE_MS - clock.elapsed(), resolve)
    hurry = resolve
    void leisure().then(resolve)
    await promise
    cancel()
  }

  async function repeat(key: string, known: { event: KubeObject; count: number }, at: string): Promise<void> {
    const { apiVersion, kind, metadata } = known.event
    const ref = { group: '', version: apiVersion, kind, namespace: metadata.namespace ?? '', name: metadata.name }
    const count = known.count + 1
    await cluster.patch(ref, { count, lastTimestamp: at }, { type: 'merge', fieldManager: component })
    written.set(key, { event: known.event, count })
  }

  async function write(about: KubeObject, note: EventNote, at: string): Promise<void> {
    const key = keyOf(about, note)
    const known = written.get(key)
    if (known !== undefined) {
      written.delete(key)
      return await repeat(key, known, at)
    }
    const namespace = about.metadata.namespace ?? 'default'
    const { name, uid, resourceVersion } = about.metadata
    const event: KubeObject = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        name: `${name}.${nextStamp(clock.now())}`,
        namespace,
        ...(note.annotations !== undefined && { annotations: note.annotations }),
      },
      involvedObject: {
        apiVersion: about.apiVersion,
        kind: about.kind,
        name,
        namespace,
        ...(uid !== undefined && { uid }),
        ...(resourceVersion !== undefined && { resourceVersion }),
      },
      type: note.type,
      reason: note.reason,
      message: note.message.slice(0, MESSAGE_LIMIT),
      count: 1,
      firstTimestamp: at,
      lastTimestamp: at,
      source: { component },
      reportingComponent: component,
      reportingInstance: '',
    }
    written.set(key, { event: await cluster.create(event, { fieldManager: component }), count: 1 })
    if (written.size > REMEMBERED) written.delete(written.keys().next().value ?? '')
  }

  return {
    record(about, note) {
      const now = clock.now()
      const recordedAt = clock.elapsed()
      tail = tail
        .then(() => standBack(recordedAt))
        .then(() => write(about, note, timestamp(now)))
        .catch(onError)
    },
    async flush() {
      flushing++
      hurry()
      await tail
      flushing--
    },
  }
}
