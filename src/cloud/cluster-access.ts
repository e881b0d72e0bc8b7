import { CloudError } from './http.ts'

/** What a ConfigMap of `spec.kubeConfig.configMapRef` says of a cluster. */
export interface ClusterData {
  /** The cluster's name at the provider, in the provider's full form. */
  readonly cluster?: string
  readonly address?: string
  /** PEM. */
  readonly ca?: string
  /** What the tokens of provider `generic` are for; the address where they are left out. */
  readonly audiences?: readonly string[]
}

/** How to reach a cluster, and to be let in. */
export interface ClusterAccess {
  /** An https URL. */
  readonly address: string
  /** PEM; the machine's authorities where it is left out. */
  readonly ca?: string
  /** A bearer token that is good for a minute at least; kept and renewed. */
  token(): Promise<string>
}

/** A cluster's address as an https URL without a slash at the end; a host alone will do. */
export function canonicalAddress(address: string): string {
  const url = URL.parse(address.includes('://') ? address : `https://${address}`)
  if (url?.protocol !== 'https:' || url.username !== '')
    throw new CloudError(`'${address}' is no https address of a cluster`, "correct the key 'address'")
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

export function sameAddress(a: string, b: string): boolean {
  return canonicalAddress(a) === canonicalAddress(b)
}
