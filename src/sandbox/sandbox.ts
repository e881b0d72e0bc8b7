import type { SandboxClient } from './client.ts'
import type { Clock } from './clock.ts'

export interface SandboxOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number
  /** 127.0.0.1 by default. */
  readonly host?: string
  /** A SQLite file that keeps everything over restarts; in memory only when left out. */
  readonly dataFile?: string
  /** The machine's clock by default; `drivenClock()` for tests. */
  readonly clock?: Clock
  /** False leaves out the simulated workloads: nothing happens to Deployments and Pods. */
  readonly workloads?: boolean
  /** Events kept per resource for watches that start in the past. */
  readonly history?: number
  /** Where faults inside the sandbox are told; stderr by default. */
  readonly log?: (message: string) => void
}

/** Which requests a fault hits; what is left out hits all. */
export interface FaultMatch {
  /** get, list, watch, create, update, patch, delete, deletecollection. */
  readonly verb?: string
  readonly group?: string
  readonly resource?: string
  readonly namespace?: string
  readonly name?: string
  readonly user?: string
}

/** What happens to a request: a delay, an answer instead of the real one, or a cut connection. */
export interface Fault extends FaultMatch {
  readonly latency?: number
  readonly status?: 429 | 500 | 503 | 504
  readonly retryAfter?: number
  readonly reset?: boolean
  /** Ends by itself after this many hits. */
  readonly times?: number
}

export interface Faults {
  /** Injects a fault until the result is called. */
  inject(fault: Fault): () => void
  clear(): void
  /** Ends open watches, cleanly or by cutting the connection; returns how many. */
  dropWatches(match?: FaultMatch & { readonly cut?: boolean }): number
  /** Forgets watch history up to now: a watch from an old resource version gets 410. */
  compact(): void
  /** Stops listening, cuts all connections, stays away for `downtime` milliseconds and comes back on the same port. */
  restart(downtime?: number): Promise<void>
}

/** A running sandbox. It is no replacement for Kubernetes: workloads are simulated and nothing runs. */
export interface Sandbox {
  readonly url: string
  /** PEM of the certificate authority. */
  readonly ca: string
  /** A bearer token of group system:masters. */
  readonly adminToken: string
  /**
   * A kubeconfig as YAML: with the bearer token of `kubernetes-admin` (system:masters), or with a client certificate for the
   * user that is named.
   */
  kubeconfig(user?: { readonly username: string; readonly groups?: readonly string[] }): string
  readonly clock: Clock
  readonly faults: Faults
  /** The API without HTTP, past authorisation; field manager `sandbox`. */
  readonly client: SandboxClient
  stop(): Promise<void>
}

/** Starts an embedded Kubernetes-compatible API server on loopback. Rejects when the port is taken or the data unreadable. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { serve } = await import('./server.ts')
  return serve(options)
}
