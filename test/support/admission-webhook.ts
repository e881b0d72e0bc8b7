import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { JsonObject, JsonValue } from '../../src/manifest/json.ts'
import { issue } from '../../src/sandbox/pki/certificate.ts'

/**
 * What a webhook answers: fields of an AdmissionReview's response, the patch as it is rather than in base64; a plain HTTP
 * status and text instead, or no answer at all. `when` makes it hold only for objects whose name contains the text; others
 * are allowed.
 */
export interface WebhookAnswer {
  readonly allowed?: boolean
  readonly status?: JsonObject
  readonly warnings?: readonly string[]
  readonly patch?: JsonValue
  readonly when?: string
  /** Fields of the response that are put in as they stand. */
  readonly response?: JsonObject
  readonly http?: { readonly status: number; readonly text: string }
  readonly hangs?: true
}

export interface AdmissionWebhook {
  /** `https://127.0.0.1:<port>`; each webhook is a path of it. */
  readonly url: string
  readonly port: number
  /** PEM of the authority, in base64 as `caBundle` wants it. */
  readonly authority: string
  /** The requests that a path was sent since the last call. */
  asked(path: string): readonly JsonObject[]
  /** Forgets what any path was sent. */
  forget(): void
  close(): void
}

/** An HTTPS server of admission webhooks on loopback; `answers` are by path, without the slash. */
export async function startAdmissionWebhook(
  answers: Readonly<Record<string, WebhookAnswer>>,
  hosts: readonly string[] = [],
): Promise<AdmissionWebhook> {
  const validity = { notBefore: Date.UTC(2026, 0, 1), notAfter: Date.UTC(2056, 0, 1) }
  const authority = issue({ name: { commonName: 'webhooks' }, use: 'authority', ...validity })
  const identity = issue(
    { name: { commonName: 'webhook' }, use: 'server', hosts: ['127.0.0.1', ...hosts], ...validity },
    authority,
  )
  const seen = new Map<string, JsonObject[]>()
  const server = createServer({ key: identity.key, cert: identity.certificate }, async (message, response) => {
    const path = (message.url ?? '/').slice(1).split('?')[0] ?? ''
    const { request, ...review } = JSON.parse(await bodyOf(message)) as JsonObject & { request: JsonObject }
    seen.set(path, [...(seen.get(path) ?? []), request])
    const answer = Object.hasOwn(answers, path) ? answers[path] : undefined
    if (answer?.hangs === true) return
    const http = answer === undefined ? { status: 404, text: 'not found' } : answer.http
    if (http !== undefined) {
      response.writeHead(http.status).end(http.text)
      return
    }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ ...review, response: responseTo(request, answer ?? {}) }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `https://127.0.0.1:${port}`,
    port,
    authority: Buffer.from(authority.certificate).toString('base64'),
    asked(path) {
      const requests = seen.get(path) ?? []
      seen.delete(path)
      return requests
    },
    forget: () => seen.clear(),
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function responseTo(request: JsonObject, answer: WebhookAnswer): JsonObject {
  const { uid } = request
  if (answer.when !== undefined && !String(request['name'] ?? '').includes(answer.when)) return { uid, allowed: true }
  const { allowed = true, status, warnings, patch, response = {} } = answer
  return {
    uid,
    allowed,
    ...(status === undefined ? {} : { status }),
    ...(warnings === undefined ? {} : { warnings }),
    ...(patch === undefined
      ? {}
      : { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }),
    ...response,
  }
}

async function bodyOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
