import type { Expiring, ExpiringCache } from '../manifest/expiring.ts'
import type { CloudHttp } from './http.ts'

/** A service account of the cluster that Lockstep runs in, whose identity is exchanged for one at a provider. */
export interface Workload {
  readonly namespace: string
  readonly name: string
  readonly annotations: Readonly<Record<string, string>>
  /** A signed token of the account for these audiences. Rejects where the API server issues none. */
  token(audiences: readonly string[]): Promise<Expiring<string>>
}

/** What the exchange of identities needs of the world. */
export interface Cloud {
  readonly http: CloudHttp
  readonly env: NodeJS.ProcessEnv
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly cache: ExpiringCache
  /** The service account that Lockstep itself is at the cluster; undefined where it is a user. */
  readonly self: () => Promise<Workload | undefined>
}

/** What sets the tokens of an identity apart from those of others in the cache; the process's own where there is none. */
export function principalOf(workload: Workload | undefined): string {
  if (workload === undefined) return 'self'
  const { namespace, name, annotations } = workload
  return JSON.stringify([namespace, name, Object.entries(annotations).toSorted()])
}
