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
export async function startTestCluster(): Promise<TestCluster> {
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

/** The storage key of an object's kind, by the usual rules of English. */
function resourceOf({ apiVersion, kind }: KubeObject): string {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
  const lower = kind.toLowerCase()
  const plural = lower.endsWith('s') ? `${lower}es` : lower.endsWith('y') ? `${lower.slice(0, -1)}ies` : `${lower}s`
  return `${group}/${plural}`
}
