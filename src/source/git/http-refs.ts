import { authorization, type GitCredentials } from './credentials.ts'
import { RemoteError } from './failure.ts'
import { httpDispatcher } from './http-dispatcher.ts'
import { explainNetworkError } from './network-error.ts'
import { delimiterPacket, flushPacket, type PacketLine, packet, parsePackets } from './pkt-line.ts'
import { collectRefs, type RemoteRef, type RemoteRefs } from './remote-refs.ts'

/** Lists refs of one HTTP(S) remote over kept-alive connections, without starting git. */
export interface HttpRefs {
  /** Refs with one of the prefixes; all where there are none. Rejects with `RemoteError`. */
  list(prefixes: readonly string[], options: { readonly signal: AbortSignal }): Promise<RemoteRefs>
  /** The address after redirects, for fetching: git itself is not allowed to follow any. */
  readonly base: string
  close(): Promise<void>
}

/** Refs of the largest repositories take some ten megabytes. */
const maxAnswer = 64 * 1024 * 1024
const maxRedirects = 5

/** `url` without user information; credentials go only to its own origin. */
export async function httpRefs(url: string, credentials: GitCredentials): Promise<HttpRefs> {
  const dispatcher = await httpDispatcher(credentials)
  const origin = new URL(url).origin
  const auth = authorization(credentials)
  let base = url.replace(/\/+$/, '')
  let version2 = false

  function headers(target: string, extra: Record<string, string>): Record<string, string> {
    return {
      'user-agent': 'git/lockstep',
      'git-protocol': 'version=2',
      ...(auth !== undefined && new URL(target).origin === origin ? { authorization: auth } : {}),
      ...extra,
    }
  }

  async function send(
    target: string,
    options: { method: 'GET' | 'POST'; headers: Record<string, string>; body?: string; signal: AbortSignal },
  ): Promise<{ status: number; headers: Record<string, string>; body: Buffer }> {
    const { request } = await import('undici')
    try {
      const answer = await request(target, { ...options, body: options.body ?? null, dispatcher })
      const parts: Buffer[] = []
      let size = 0
      for await (const chunk of answer.body as AsyncIterable<Buffer>) {
        size += chunk.byteLength
        if (size > maxAnswer) throw new RemoteError('protocol', `the answer is larger than ${maxAnswer} bytes`)
        parts.push(chunk)
      }
      return { status: answer.statusCode, headers: flat(answer.headers), body: Buffer.concat(parts) }
    } catch (error) {
      if (error instanceof RemoteError) throw error
      throw explainNetworkError(error, options.method, target)
    }
  }

  /** The first request of a connection: finds redirects and the server's protocol version. */
  async function discover(signal: AbortSignal): Promise<PacketLine[]> {
    let target = `${base}/info/refs?service=git-upload-pack`
    for (let redirects = 0; ; redirects++) {
      const answer = await send(target, { method: 'GET', headers: headers(target, { accept: '*/*' }), signal })
      const location = answer.headers['location']
      if (answer.status >= 300 && answer.status < 400 && location !== undefined) {
        if (redirects === maxRedirects) throw new RemoteError('protocol', 'too many redirects')
        target = redirectTarget(target, location)
        continue
      }
      checkStatus(answer, target)
      const end = target.indexOf('/info/refs')
      if (end < 0) throw new RemoteError('protocol', `redirected to ${target}, which is no Git repository`)
      base = target.slice(0, end)
      if (!answer.headers['content-type']?.startsWith('application/x-git-upload-pack-advertisement'))
        throw new RemoteError('protocol', 'the server does not speak the smart HTTP protocol of Git')
      return parsePackets(answer.body)
    }
  }

  async function listRefs(prefixes: readonly string[], signal: AbortSignal): Promise<RemoteRefs> {
    const target = `${base}/git-upload-pack`
    const body = [
      packet('command=ls-refs\n'),
      packet('object-format=sha1'),
      delimiterPacket,
      packet('peel\n'),
      packet('symrefs\n'),
      ...prefixes.map(prefix => packet(`ref-prefix ${prefix}\n`)),
      flushPacket,
    ].join('')
    const extra = {
      'content-type': 'application/x-git-upload-pack-request',
      accept: 'application/x-git-upload-pack-result',
    }
    const answer = await send(target, { method: 'POST', headers: headers(target, extra), body, signal })
    checkStatus(answer, target)
    return parseLsRefs(parsePackets(answer.body))
  }

  return {
    get base() {
      return base
    },
    async list(prefixes, { signal }) {
      // A server that spoke version 2 once is asked directly: half the requests of a poll.
      if (!version2) {
        const lines = await discover(signal)
        version2 = lines.some(line => line.text === 'version 2')
        if (!version2) return parseAdvertisement(lines)
      }
      try {
        return await listRefs(prefixes, signal)
      } catch (error) {
        // It may have moved since: start over at the address that was given, once.
        if (!(error instanceof RemoteError) || !['not-found', 'protocol'].includes(error.fault)) throw error
        version2 = false
        base = url.replace(/\/+$/, '')
        const lines = await discover(signal)
        return lines.some(line => line.text === 'version 2') ? listRefs(prefixes, signal) : parseAdvertisement(lines)
      }
    },
    close: () => dispatcher.destroy(),
  }
}

function redirectTarget(from: string, location: string): string {
  const target = new URL(location, from)
  if (target.protocol !== 'https:' && (target.protocol !== 'http:' || new URL(from).protocol === 'https:'))
    throw new RemoteError('protocol', `redirected to ${target.protocol}//, which is not allowed from here`)
  target.username = ''
  target.password = ''
  return target.href
}

function checkStatus(answer: { status: number; headers: Record<string, string>; body: Buffer }, target: string): void {
  const { status } = answer
  if (status === 200) return
  const reason = answer.headers['content-type']?.startsWith('text/plain')
    ? answer.body.toString('utf8', 0, 200).trim()
    : ''
  const retryAfter = retrySeconds(answer.headers['retry-after'])
  if (status === 429 || (status === 403 && retryAfter !== undefined))
    throw new RemoteError('rate-limited', unexpected(target, status), retryAfter ?? 60)
  if (status === 401) throw new RemoteError('authentication', `authentication required: ${reason}`)
  if (status === 403) throw new RemoteError('forbidden', `authorization failed: ${reason}`)
  if (status === 404) throw new RemoteError('not-found', `repository not found: ${reason}`)
  throw new RemoteError(status >= 500 ? 'server' : 'protocol', unexpected(target, status), retryAfter)
}

function unexpected(target: string, status: number): string {
  return `unexpected client error: unexpected requesting "${target}" status code: ${status}`
}

/** Retry-After in seconds, from either of its forms; at most an hour is believed. */
function retrySeconds(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(Math.ceil(seconds), 1), 3600)
}

/** `<oid> <name>[ symref-target:<ref>][ peeled:<oid>]`; an unborn HEAD has no oid and is left out. */
export function parseLsRefs(lines: readonly PacketLine[]): RemoteRefs {
  const refs = new Map<string, RemoteRef>()
  for (const { kind, text } of lines) {
    const [hash = '', name = '', ...attributes] = text.split(' ')
    if (kind !== 'data' || hash === 'unborn' || name === '') continue
    const peeled = attributes.find(attribute => attribute.startsWith('peeled:'))?.slice('peeled:'.length)
    refs.set(name, peeled === undefined ? { hash } : { hash, peeled })
  }
  return refs
}

/** The answer of a server that only knows version 0 or 1: every ref in one list, the first line with capabilities. */
export function parseAdvertisement(lines: readonly PacketLine[]): RemoteRefs {
  const pairs = lines
    .filter(line => line.kind === 'data' && /^[0-9a-f]{40} /.test(line.text))
    .map(line => line.text.split('\0', 1)[0]!)
    .map(text => [text.slice(0, 40), text.slice(41)] as const)
    .filter(([, name]) => name !== 'capabilities^{}')
  return collectRefs(pairs)
}

function flat(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  )
}
