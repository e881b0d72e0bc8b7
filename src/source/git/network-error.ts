import { RemoteError } from './failure.ts'

interface SystemError {
  readonly name?: string
  readonly message?: string
  readonly code?: unknown
  readonly address?: string
  readonly port?: number
  readonly hostname?: string
  readonly syscall?: string
  readonly cause?: unknown
  readonly errors?: readonly unknown[]
}

/** A failed HTTP request in the words that Go's client has for it, because alerts match on them. */
export function explainNetworkError(error: unknown, method: string, url: string): RemoteError {
  const root = rootCause(error as SystemError)
  const verb = `${method.slice(0, 1)}${method.slice(1).toLowerCase()}`
  const say = (fault: 'unreachable' | 'timeout', text: string) => new RemoteError(fault, `${verb} "${url}": ${text}`)
  // A timeout by AbortSignal is a DOMException, whose code is a number of no use.
  const code = typeof root.code === 'string' ? root.code : (root.name ?? '')
  const at = root.address === undefined ? new URL(url).host : `${bracketed(root.address)}:${root.port}`
  if (code === 'ECONNREFUSED') return say('unreachable', `dial tcp ${at}: connect: connection refused`)
  if (code === 'ENETUNREACH') return say('unreachable', `dial tcp ${at}: connect: network is unreachable`)
  if (code === 'EHOSTUNREACH') return say('unreachable', `dial tcp ${at}: connect: no route to host`)
  if (code === 'ETIMEDOUT' || code === 'UND_ERR_CONNECT_TIMEOUT') return say('timeout', `dial tcp ${at}: i/o timeout`)
  if (code === 'ENOTFOUND') return say('unreachable', `dial tcp: lookup ${root.hostname}: no such host`)
  if (code === 'EAI_AGAIN')
    return say('unreachable', `dial tcp: lookup ${root.hostname}: Temporary failure in name resolution`)
  if (code === 'ECONNRESET') return say('unreachable', 'read: connection reset by peer')
  if (code === 'UND_ERR_SOCKET') return say('unreachable', 'EOF')
  if (/TIMEOUT/.test(code) || code === 'TimeoutError' || code === 'AbortError')
    return say('timeout', 'context deadline exceeded')
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return say('unreachable', `tls: failed to verify certificate: x509: ${root.message ?? ''}`)
  if (/CERT|SIGNATURE|ISSUER/.test(code))
    return say('unreachable', `tls: failed to verify certificate: x509: ${certificateText(code)}`)
  return say('unreachable', root.message ?? String(error))
}

function rootCause(error: SystemError): SystemError {
  if (error.errors !== undefined && error.errors.length > 0) return rootCause(error.errors[0] as SystemError)
  return error.cause instanceof Error ? rootCause(error.cause as SystemError) : error
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}

function certificateText(code: string): string {
  if (code === 'CERT_HAS_EXPIRED') return 'certificate has expired or is not yet valid'
  return 'certificate signed by unknown authority'
}
