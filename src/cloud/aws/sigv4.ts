import { createHash, createHmac } from 'node:crypto'

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** Where and when a signature holds. `now` in milliseconds since 1970. */
export interface SigningScope {
  readonly region: string
  readonly service: string
  readonly now: number
}

const ALGORITHM = 'AWS4-HMAC-SHA256'

/** `20150830T123600Z`. */
export function amzDate(now: number): string {
  return new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '')
}

function credentialScope({ region, service, now }: SigningScope): string {
  return `${amzDate(now).slice(0, 8)}/${region}/${service}/aws4_request`
}

/** The signature, in hex, of a canonical request. `date` is the time as the request states it. */
export function signatureOf(
  canonicalRequest: string,
  { secretAccessKey }: Pick<AwsCredentials, 'secretAccessKey'>,
  scope: SigningScope,
  date: string = amzDate(scope.now),
): string {
  const toSign = [ALGORITHM, date, credentialScope(scope), sha256(canonicalRequest)].join('\n')
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const steps = [date.slice(0, 8), scope.region, scope.service, 'aws4_request', toSign]
  return steps.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`).toString('hex')
}

export interface SignedRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** The headers of a request with its signature (Signature Version 4, header form); `host` is signed and not added. */
export function signHeaders(
  { method, url, headers, body = '' }: SignedRequest,
  credentials: AwsCredentials,
  scope: SigningScope,
): Readonly<Record<string, string>> {
  const { host } = new URL(url)
  const { accessKeyId, sessionToken } = credentials
  const sent = {
    ...headers,
    'x-amz-date': amzDate(scope.now),
    ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
  }
  const { request, signed } = canonical(method, new URL(url), { host, ...sent }, sha256(body))
  const signature = signatureOf(request, credentials, scope)
  const credential = `${accessKeyId}/${credentialScope(scope)}`
  return {
    ...sent,
    authorization: `${ALGORITHM} Credential=${credential}, SignedHeaders=${signed}, Signature=${signature}`,
  }
}

/** A URL that carries the signature of a GET of it, for `seconds`. The headers must be sent with it as they are. */
export function presign(
  address: string,
  headers: Readonly<Record<string, string>>,
  seconds: number,
  credentials: AwsCredentials,
  scope: SigningScope,
  payloadHash: string = sha256(''),
): string {
  const url = new URL(address)
  const { accessKeyId, sessionToken } = credentials
  const signing = { host: url.host, ...headers }
  const parameters = {
    'X-Amz-Algorithm': ALGORITHM,
    'X-Amz-Credential': `${accessKeyId}/${credentialScope(scope)}`,
    'X-Amz-Date': amzDate(scope.now),
    'X-Amz-Expires': String(seconds),
    ...(sessionToken !== undefined && { 'X-Amz-Security-Token': sessionToken }),
    'X-Amz-SignedHeaders': signedNames(signing),
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  const { request, query } = canonical('GET', url, signing, payloadHash)
  return `${url.origin}${url.pathname}?${query}&X-Amz-Signature=${signatureOf(request, credentials, scope)}`
}

function canonical(method: string, url: URL, headers: Readonly<Record<string, string>>, payloadHash: string) {
  const query = [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join('&')
  const lines = Object.entries(headers)
    .map(([name, value]) => `${name.toLowerCase()}:${value.trim().replace(/ +/g, ' ')}`)
    .toSorted()
  const signed = signedNames(headers)
  const request = [method, url.pathname, query, ...lines, '', signed, payloadHash].join('\n')
  return { request, signed, query }
}

function signedNames(headers: Readonly<Record<string, string>>): string {
  return Object.keys(headers)
    .map(name => name.toLowerCase())
    .toSorted()
    .join(';')
}

/** RFC 3986: everything but letters, digits and `-._~`. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, one => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
