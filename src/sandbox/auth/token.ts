import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'

/** The claims of a service account token, as Kubernetes issues them. */
export interface ServiceAccountClaims {
  readonly iss: string
  readonly aud: readonly string[]
  readonly sub: string
  readonly iat: number
  readonly nbf: number
  readonly exp: number
  readonly jti: string
  readonly 'kubernetes.io': {
    readonly namespace: string
    readonly serviceaccount: { readonly name: string; readonly uid: string }
    readonly pod?: { readonly name: string; readonly uid: string }
  }
}

/** Signs and checks JSON web tokens with one P-256 key (ES256, RFC 7515). */
export interface TokenSigner {
  issue(claims: ServiceAccountClaims): string
  /** Undefined when the token is none of ours. Times are not judged. */
  verify(token: string): ServiceAccountClaims | undefined
  /** The private key as PEM, to go on with after a restart. */
  readonly key: string
  /** The public key as a JSON web key set. */
  jwks(): string
}

const HEADER = encode({ alg: 'ES256', kid: 'sandbox' })

/** A signer with a new key, or with one that was kept. */
export function createTokenSigner(pem?: string): TokenSigner {
  const privateKey: KeyObject =
    pem === undefined ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey : createPrivateKey(pem)
  const publicKey = createPublicKey(privateKey)
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    issue(claims) {
      const body = `${HEADER}.${encode(claims)}`
      const signature = sign('sha256', Buffer.from(body), { key: privateKey, dsaEncoding: 'ieee-p1363' })
      return `${body}.${signature.toString('base64url')}`
    },
    verify(token) {
      const [header = '', claims = '', signature = '', extra] = token.split('.')
      if (extra !== undefined || header !== HEADER) return undefined
      const key = { key: publicKey, dsaEncoding: 'ieee-p1363' as const }
      if (!verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url')))
        return undefined
      return JSON.parse(Buffer.from(claims, 'base64url').toString()) as ServiceAccountClaims
    },
    jwks() {
      const key = { ...publicKey.export({ format: 'jwk' }), use: 'sig', kid: 'sandbox', alg: 'ES256' }
      return JSON.stringify({ keys: [key] })
    },
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
