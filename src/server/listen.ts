import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Every interface, IPv4 and IPv6 where there is both, without a host; any free port for 0. */
export interface ListenAddress {
  readonly host?: string
  readonly port: number
}

export interface Listener {
  /** The port that is listened on, also where a free one was asked for. */
  readonly port: number
  close(): Promise<void>
}

/**
 * Takes a listen address as Go programs write it apart: `:8080`, `127.0.0.1:0`, `[::1]:80`. Without a host it is every
 * interface. Undefined where the text is none.
 */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]*):(\d{1,5})$/.exec(text)
  const port = Number(match?.[2])
  if (match === null || port > 65535) return undefined
  const host = (match[1] ?? '').replace(/^\[|\]$/g, '')
  return host === '' ? { port } : { host, port }
}

/** Serves HTTP for probes and scrapers: small answers, short patience. Rejects where the address cannot be had. */
export async function listen(
  address: ListenAddress,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Listener> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, handle)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(address, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.closeAllConnections()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}
