import type { ServerResponse } from 'node:http'
import type { JsonValue } from '../../manifest/json.ts'
import { type StatusFailure, statusObject } from '../status.ts'

/** A finished answer. */
export interface Reply {
  readonly code: number
  readonly body: string | Uint8Array
  readonly contentType?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** JSON of a value. */
export function json(code: number, value: JsonValue): Reply {
  return { code, body: JSON.stringify(value) }
}

export function text(code: number, body: string, contentType = 'text/plain; charset=utf-8'): Reply {
  return { code, body, contentType }
}

/** The Status of a failure, with `Retry-After` where it says when to come back. */
export function failure(status: StatusFailure): Reply {
  const retry = status.details?.retryAfterSeconds
  return {
    code: status.code,
    body: JSON.stringify(statusObject(status)),
    ...(retry === undefined ? {} : { headers: { 'Retry-After': String(retry) } }),
  }
}

/** Writes an answer. `warnings` become `Warning:` headers. */
export function send(response: ServerResponse, reply: Reply, warnings: readonly string[] = []): void {
  const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body
  const headers: (string | string[])[] = [
    'Content-Type',
    reply.contentType ?? 'application/json',
    'Content-Length',
    String(body.length),
    'Cache-Control',
    'no-cache, private',
  ]
  for (const [name, value] of Object.entries(reply.headers ?? {})) headers.push(name, value)
  for (const warning of warnings) headers.push('Warning', warningHeader(warning))
  response.writeHead(reply.code, headers as string[])
  response.end(body)
}

/** `299 - "text"`, by RFC 7234; control characters have no place in a header. */
function warningHeader(message: string): string {
  const plain = message.replace(/[\p{Cc}]/gu, ' ')
  const escaped = plain.replace(/[\\"]/g, '\\$&')
  return `299 - "${Buffer.from(escaped).toString('latin1')}"`
}
