import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { createServer } from 'node:tls'
import { issue } from '../../src/sandbox/pki/certificate.ts'

export interface TlsFront {
  /** `https://127.0.0.1:<port>`. */
  readonly url: string
  /** PEM. */
  readonly ca: string
  readonly clientCertificate: string
  readonly clientKey: string
  close(): void
}

/** TLS by a private authority in front of a plain HTTP server on this port of the loopback interface. Asks for a client certificate. */
export async function startTlsFront(port: number): Promise<TlsFront> {
  const validity = { notBefore: Date.UTC(2026, 0, 1), notAfter: Date.UTC(2056, 0, 1) }
  const authority = issue({ name: { commonName: 'authority' }, use: 'authority', ...validity })
  const server = issue({ name: { commonName: 'server' }, use: 'server', hosts: ['127.0.0.1'], ...validity }, authority)
  const client = issue({ name: { commonName: 'client' }, use: 'client', ...validity }, authority)
  const options = {
    key: server.key,
    cert: server.certificate,
    ca: authority.certificate,
    requestCert: true,
    rejectUnauthorized: true,
  }
  const front = createServer(options, socket => {
    const onward = connect(port, '127.0.0.1')
    for (const end of [socket, onward]) end.on('error', () => {})
    socket.on('close', () => onward.destroy())
    socket.pipe(onward).pipe(socket)
  })
  front.on('tlsClientError', () => {})
  front.listen(0, '127.0.0.1')
  await once(front, 'listening')
  return {
    url: `https://127.0.0.1:${(front.address() as AddressInfo).port}`,
    ca: authority.certificate,
    clientCertificate: client.certificate,
    clientKey: client.key,
    close: () => void front.close(),
  }
}
