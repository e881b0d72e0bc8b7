import { request } from 'node:https'
import type { Registry } from '../registry/registry.ts'
import { type Endpoint, resolveService } from './service-endpoint.ts'
import type { Webhook, WebhookTarget } from './webhook.ts'

/** What a webhook answered, or why it could not be asked, in the words of Go's HTTP client. */
export type PostResult =
  | { readonly body: string; readonly error?: never }
  | { readonly error: string; readonly body?: never }

const LIMIT = 3 * 1024 * 1024

/** Posts a review to a webhook. It never rejects. */
export async function post(registry: Registry, { target, timeoutSeconds }: Webhook, body: string): Promise<PostResult> {
  const { service } = target
  const url = urlOf(target)
  if (url === null) return { error: `Unparsable URL: ${target.url}` }
  // The port of a service is always shown, that of a URL as it was written.
  const origin = service === undefined ? url.origin : `https://${url.hostname}:${service.port}`
  const shown = `${origin}${url.pathname}?timeout=${timeoutSeconds}s`
  const failed = (words: string): PostResult => ({ error: `Post ${JSON.stringify(shown)}: ${words}` })
  const direct: Endpoint = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 443) }
  const endpoint = service === undefined ? direct : resolveService(registry, service)
  if (typeof endpoint === 'string') return failed(endpoint)
  return new Promise(done => {
    const outgoing = request(
      {
        method: 'POST',
        host: endpoint.host,
        port: endpoint.port,
        path: `${url.pathname}?timeout=${timeoutSeconds}s`,
        headers: { host: url.host, 'content-type': 'application/json', accept: 'application/json, */*' },
        ...(target.ca === '' ? {} : { ca: target.ca }),
        ...(service === undefined ? {} : { servername: url.hostname }),
        agent: false,
        signal: AbortSignal.timeout(timeoutSeconds * 1000),
      },
      response => {
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          chunks.push(chunk)
          if (size > LIMIT) outgoing.destroy(new Error(`the answer is longer than ${LIMIT} bytes`))
        })
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          const status = response.statusCode ?? 0
          done(status >= 200 && status < 300 ? { body: text } : { error: statusWords(status, text) })
        })
        response.on('error', error => done(failed(errorWords(error, endpoint))))
      },
    )
    outgoing.on('error', error => done(failed(errorWords(error, endpoint))))
    outgoing.end(body)
  })
}

function urlOf({ url, service }: WebhookTarget): URL | null {
  if (service === undefined) return URL.parse(url ?? '')
  return URL.parse(
    `https://${service.name}.${service.namespace}.svc:${service.port}/${service.path.replace(/^\//, '')}`,
  )
}

/** How Kubernetes' REST client tells a status that is no success. */
function statusWords(status: number, text: string): string {
  switch (status) {
    case 400:
      return `the server rejected our request for an unknown reason`
    case 401:
      return 'the server has asked for the client to provide credentials'
    case 403:
      return text.trim() || 'the server does not allow access to the requested resource'
    case 404:
      return 'the server could not find the requested resource'
    case 405:
      return 'the server does not allow this method on the requested resource'
    case 429:
      return 'the server has received too many requests and has asked us to try again later'
    case 503:
      return 'the server is currently unable to handle the request'
    case 504:
      return 'the server was unable to return a response in the time allotted, but may still be processing the request'
    default:
      return status >= 500
        ? `an error on the server (${JSON.stringify(text.trim() || 'unknown')}) has prevented the request from succeeding`
        : `the server responded with the status code ${status} but did not return more information`
  }
}

const UNTRUSTED = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
]

function errorWords(error: Error & { readonly code?: string }, { host, port }: Endpoint): string {
  const { code = '' } = error
  if (error.name === 'TimeoutError' || code === 'ABORT_ERR') return 'context deadline exceeded'
  if (code === 'ECONNREFUSED') return `dial tcp ${host}:${port}: connect: connection refused`
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `dial tcp: lookup ${host}: no such host`
  if (code === 'EHOSTUNREACH') return `dial tcp ${host}:${port}: connect: no route to host`
  if (code === 'ECONNRESET') return 'EOF'
  if (UNTRUSTED.includes(code))
    return 'tls: failed to verify certificate: x509: certificate signed by unknown authority'
  if (code === 'CERT_HAS_EXPIRED')
    return 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `tls: failed to verify certificate: x509: certificate is not valid for ${host}`
  return error.message
}
