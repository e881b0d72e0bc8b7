import { getCACertificates, rootCertificates } from 'node:tls'
import type { Dispatcher } from 'undici'
import { authorization, type GitCredentials } from './credentials.ts'

/** The connections to one remote: kept alive, through its proxy or the environment's, with its certificates. */
export async function httpDispatcher(credentials: GitCredentials): Promise<Dispatcher> {
  const { Agent, EnvHttpProxyAgent, ProxyAgent } = await import('undici')
  const { ca, clientCert, clientKey, proxy } = credentials
  const tls = {
    ...(ca === undefined ? {} : { ca: [...systemCertificates(), ca] }),
    ...(clientCert === undefined ? {} : { cert: clientCert }),
    ...(clientKey === undefined ? {} : { key: clientKey }),
  }
  const keepAlive = { keepAliveTimeout: 60_000, connections: 2 }
  if (proxy !== undefined) {
    const token = authorization({
      ...(proxy.username === undefined ? {} : { username: proxy.username }),
      ...(proxy.password === undefined ? {} : { password: proxy.password }),
    })
    return new ProxyAgent({
      uri: proxy.address,
      requestTls: tls,
      ...keepAlive,
      ...(token === undefined ? {} : { token }),
    })
  }
  const fromEnvironment = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'].some(name => process.env[name])
  return fromEnvironment
    ? new EnvHttpProxyAgent({ connect: tls, requestTls: tls, ...keepAlive })
    : new Agent({ connect: tls, ...keepAlive })
}

/** What the machine trusts; a private CA comes on top, as in Flux. */
export function systemCertificates(): readonly string[] {
  return typeof getCACertificates === 'function' ? getCACertificates('system') : rootCertificates
}
