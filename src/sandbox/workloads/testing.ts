import { test } from 'node:test'
import type { KubeObject } from '../../manifest/object.ts'
import type { SandboxClient } from '../client.ts'
import { type DrivenClock, drivenClock } from '../clock.ts'
import { startSandbox } from '../sandbox.ts'

/** A sandbox for tests of workloads, on a clock that they drive. */
export interface TestCluster {
  readonly client: SandboxClient
  readonly clock: DrivenClock
  /** Creates objects, in the namespace `default` where they name none. */
  create(...objects: readonly unknown[]): void
  /** Lets so many seconds pass. */
  pass(seconds: number): Promise<void>
  stop(): Promise<void>
}

/** Starts at 2026-01-01T00:00:00Z. What goes wrong inside the sandbox fails the test at `stop`. */
async function startTestCluster(): Promise<TestCluster> {
  const clock = drivenClock(Date.parse('2026-01-01T00:00:00Z'))
  const faults: string[] = []
  const sandbox = await startSandbox({ clock, log: message => faults.push(message) })
  const pass = async (seconds: number) => {
    for (let step = 0; step < 10; step++) await clock.advance(seconds * 100)
  }
  await pass(0.1)
  return {
    client: sandbox.client,
    clock,
    create(...objects) {
      for (const given of objects) {
        const object = given as KubeObject
        const namespaced = { ...object, metadata: { namespace: 'default', ...object.metadata } }
        sandbox.client.create(resourceOf(object), namespaced)
      }
    },
    pass,
    async stop() {
      await sandbox.stop()
      if (faults.length > 0) throw new Error(faults.join('\n'))
    },
  }
}

/** A test with a cluster of its own. */
export function inCluster(name: string, run: (cluster: TestCluster) => Promise<void>): void {
  test(name, async () => {
    const cluster = await startTestCluster()
    try {
      await run(cluster)
    } finally {
      await cluster.stop()
    }
  })
}

/** The storage key of an object's kind, by the usual rules of English. */
function resourceOf({ apiVersion, kind }: KubeObject): string {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
  const lower = kind.toLowerCase()
  const plural = lower.endsWith('s') ? `${lower}es` : lower.endsWith('y') ? `${lower.slice(0, -1)}ies` : `${lower}s`
  return `${group}/${plural}`
}

/** The name, phase and readiness of each pod, as a line: `db-0 Running ready`. */
export function podLines(client: SandboxClient): readonly string[] {
  return client.list('/pods', 'default').map(pod => {
    const status = pod['status'] as { phase?: string; conditions?: { type: string; status: string }[] }
    const ready = status.conditions?.some(one => one.type === 'Ready' && one.status === 'True') === true
    const ending = pod.metadata.deletionTimestamp === undefined ? '' : ' ending'
    return `${pod.metadata.name} ${status.phase}${ready ? ' ready' : ''}${ending}`
  })
}

/** `reason: message` of the events about objects of a kind, each once. */
export function eventsAbout(client: SandboxClient, kind: string): readonly string[] {
  const lines = client
    .list('/events', 'default')
    .filter(event => (event['involvedObject'] as { kind: string }).kind === kind)
    .map(event => `${event['reason']}: ${event['message']}`)
  return [...new Set(lines)]
}

/** The status of an object in the namespace `default`; empty where there is none. */
export function statusOf<Status = Record<string, unknown>>(
  client: SandboxClient,
  resource: string,
  name: string,
): Status {
  return (client.get(resource, 'default', name)?.['status'] ?? {}) as Status
}
