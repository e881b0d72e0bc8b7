/**
 * Why a source gave nothing. `reason` is the reason of the condition and event as Flux names it; `message` is what Flux
 * says for the same fault, with more detail where it says too little; `hint` is what to do next. `retryAfter` is in
 * seconds. `stalled` means that trying again is useless until the object changes.
 */
export interface SourceFailure {
  readonly status: 'failed'
  readonly reason: string
  readonly message: string
  readonly hint: string
  readonly retryAfter?: number
  readonly stalled?: boolean
}

export type RemoteFault =
  | 'not-found'
  | 'authentication'
  | 'forbidden'
  | 'rate-limited'
  | 'unreachable'
  | 'timeout'
  | 'protocol'
  | 'server'

/** What a remote did wrong; internal to this room, turned into a `SourceFailure` where it leaves. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError'
  readonly fault: RemoteFault
  readonly retryAfter: number | undefined

  constructor(fault: RemoteFault, message: string, retryAfter?: number) {
    super(message)
    this.fault = fault
    this.retryAfter = retryAfter
  }
}

const hints: Readonly<Record<RemoteFault, string>> = {
  'not-found': 'check spec.url; private repositories also answer like this without valid credentials in spec.secretRef',
  authentication: 'check that the Secret of spec.secretRef holds valid credentials for this host',
  forbidden: 'the credentials are valid but may not read this repository; grant them read access',
  'rate-limited': 'the host limits requests; raise spec.interval or use a webhook Receiver',
  unreachable: 'check spec.url and that the cluster may connect to the host; a proxy is set with spec.proxySecretRef',
  timeout: 'the host did not answer in time; check the network or raise spec.timeout',
  protocol: 'the address does not answer as a Git server; check spec.url',
  server: 'the Git server has a problem of its own; it will be tried again',
}

export function hintFor(fault: RemoteFault): string {
  return hints[fault]
}

/** Whether the remote as a whole has trouble, so that others who use it should wait as well. */
export function concernsEveryone(fault: RemoteFault): boolean {
  return fault === 'rate-limited' || fault === 'unreachable' || fault === 'timeout' || fault === 'server'
}
