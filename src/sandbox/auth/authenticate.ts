import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { Clock } from '../clock.ts'
import type { Reader, User } from '../kind.ts'
import { StatusError } from '../status.ts'
import type { ServiceAccountClaims, TokenSigner } from './token.ts'

/** Who is told apart, and how. */
export interface Authenticator {
  /** The user behind a request; `system:anonymous` without credentials. Throws 401 for credentials that do not hold. */
  user(message: IncomingMessage): User
  /** The user behind a bearer token. */
  byToken(token: string): User | undefined
}

export interface AuthenticatorOptions {
  readonly tokens: ReadonlyMap<string, User>
  readonly signer: TokenSigner
  readonly reader: Reader
  readonly clock: Clock
  readonly audience: string
}

export const ANONYMOUS: User = { username: 'system:anonymous', groups: ['system:unauthenticated'] }

/** Client certificates first, then bearer tokens, then nobody. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const bySocket = new WeakMap<object, User | null>()

  function byCertificate(socket: TLSSocket): User | undefined {
    const known = bySocket.get(socket)
    if (known !== undefined) return known ?? undefined
    const certificate = socket.authorized === true ? socket.getPeerCertificate() : undefined
    const subject = certificate?.subject as { CN?: string | string[]; O?: string | string[] } | undefined
    const name = [subject?.CN ?? []].flat()[0]
    const user = name === undefined ? undefined : { username: name, groups: [subject?.O ?? []].flat() }
    bySocket.set(socket, user ?? null)
    return user
  }

  function byToken(token: string): User | undefined {
    const known = options.tokens.get(token)
    if (known !== undefined) return known
    if (token.split('.').length !== 3) return undefined
    const claims = verified(token)
    return claims === undefined ? undefined : serviceAccount(claims)
  }

  function verified(token: string): ServiceAccountClaims | undefined {
    try {
      return options.signer.verify(token)
    } catch {
      return undefined
    }
  }

  function serviceAccount(claims: ServiceAccountClaims): User | undefined {
    const seconds = options.clock.now() / 1000
    if (seconds >= claims.exp || seconds + 60 < claims.nbf || !claims.aud.includes(options.audience)) return undefined
    const { namespace, serviceaccount, pod } = claims['kubernetes.io']
    const account = options.reader.get('/serviceaccounts', namespace, serviceaccount.name)
    if (account === undefined || account.metadata.uid !== serviceaccount.uid) return undefined
    if (pod !== undefined && options.reader.get('/pods', namespace, pod.name)?.metadata.uid !== pod.uid)
      return undefined
    return {
      username: serviceAccountName(namespace, serviceaccount.name),
      uid: serviceaccount.uid,
      groups: serviceAccountGroups(namespace),
      extra: {
        'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`],
        ...(pod === undefined
          ? {}
          : {
              'authentication.kubernetes.io/pod-name': [pod.name],
              'authentication.kubernetes.io/pod-uid': [pod.uid],
            }),
      },
    }
  }

  return {
    byToken,
    user(message) {
      const certified = byCertificate(message.socket as TLSSocket)
      if (certified !== undefined) return authenticated(certified)
      const header = message.headers.authorization
      if (header === undefined) return ANONYMOUS
      const [scheme = '', token = ''] = header.trim().split(/\s+/)
      if (scheme.toLowerCase() !== 'bearer' || token === '') return ANONYMOUS
      const user = byToken(token)
      if (user === undefined) throw unauthorized()
      return authenticated(user)
    },
  }
}

/** Everybody who proved who they are is in `system:authenticated`. */
export function authenticated(user: User): User {
  if (user.groups.includes('system:authenticated') || user.groups.includes('system:unauthenticated')) return user
  return { ...user, groups: [...user.groups, 'system:authenticated'] }
}

export function unauthorized(): StatusError {
  return new StatusError({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' })
}

export function serviceAccountName(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`
}

export function serviceAccountGroups(namespace: string): readonly string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
}
