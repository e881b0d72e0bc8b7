import type { KubeObject } from '../manifest/object.ts'
import type { SandboxClient } from './client.ts'
import type { Clock } from './clock.ts'

/** What a controller works with. `client` is `kube-controller-manager`. */
export interface ControllerContext {
  readonly client: SandboxClient
  readonly clock: Clock
  /** A random string of the alphabet that Kubernetes uses for generated names. */
  random(length: number): string
  /** A fault in the controller itself; it is written to the sandbox's log and work goes on. */
  report(error: unknown): void
}

/** Watches, and writes what it concludes. Starts at once; the result ends it. */
export type Controller = (context: ControllerContext) => () => void

/** Simulated container output for `kubectl logs`. */
export type PodLog = (
  pod: KubeObject,
  options: {
    readonly container?: string
    readonly previous: boolean
    readonly timestamps: boolean
    readonly tailLines?: number
    readonly sinceSeconds?: number
    readonly limitBytes?: number
  },
  now: number,
) => string
