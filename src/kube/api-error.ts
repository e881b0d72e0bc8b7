import { isObject, type JsonObject, type JsonValue, textAt } from '../manifest/json.ts'
import { ApiError } from './cluster.ts'

const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}

/** What people need to find a failed request again; never holds credentials. */
export interface RequestLabel {
  readonly method: string
  readonly url: string
}

/**
 * The error for an answer that is no success: its `Status` where it is one, otherwise the beginning of what a proxy or load
 * balancer said. `retryAfterHeader` is in seconds.
 */
export function errorFromAnswer(label: RequestLabel, code: number, body: string, retryAfterHeader?: string): ApiError {
  const fromHeader =
    retryAfterHeader !== undefined && /^\d{1,6}$/.test(retryAfterHeader) ? Number(retryAfterHeader) : undefined
  const status = statusOf(body)
  if (code === 401)
    return new ApiError({
      code,
      reason: 'Unauthorized',
      message: `${label.method} ${label.url}: Unauthorized (the credentials are wrong or have expired)`,
    })
  if (status !== undefined) return errorFromStatus(status, code, fromHeader)
  const excerpt = body
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 200)
  return new ApiError({
    code,
    reason: REASONS[code] ?? 'Unknown',
    message: `${label.method} ${label.url}: the server answered ${code}${excerpt === '' ? '' : `: ${excerpt}`}`,
    retryAfter: fromHeader,
  })
}

/** The error of a `Status` object, as it also comes in a watch's ERROR event. */
export function errorFromStatus(status: JsonObject, code: number, retryAfter?: number): ApiError {
  const details = status['details']
  const seconds = isObject(details) ? details['retryAfterSeconds'] : undefined
  const given = status['code']
  const known = typeof given === 'number' && given > 0 ? given : code
  return new ApiError({
    code: known,
    reason: textAt(status, 'reason') ?? REASONS[known] ?? 'Unknown',
    message: textAt(status, 'message') ?? `the server answered ${known}`,
    details,
    retryAfter: retryAfter ?? (typeof seconds === 'number' && seconds > 0 ? seconds : undefined),
  })
}

/** The error where no answer came: what was asked, what went wrong, and what to look at. */
export function errorWithoutAnswer(label: RequestLabel, cause: unknown): ApiError {
  const code = errorCode(cause)
  const what = cause instanceof Error && cause.message !== '' ? cause.message : String(cause)
  const hint = HINTS.find(([pattern]) => pattern.test(code))?.[1]
  return new ApiError({
    code: 0,
    reason: 'Unreachable',
    message: `${label.method} ${label.url}: ${what}${hint === undefined ? '' : ` (${hint})`}`,
    cause,
  })
}

/** The machine-readable code of an error or of what caused it (`ECONNREFUSED`, `UND_ERR_SOCKET`, …); empty when it has none. */
export function errorCode(error: unknown): string {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if ('code' in at && typeof at.code === 'string' && at.code !== '') return at.code
    // With several addresses tried, the first failure stands for all.
    if (at instanceof AggregateError && at.errors.length > 0) return errorCode(at.errors[0])
  }
  return ''
}

const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH)$/,
    'is the API server running, and is the address in the kubeconfig right?',
  ],
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'the host name cannot be resolved'],
  [
    /^(ETIMEDOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT)$/,
    'the server did not answer in time; is there a firewall between?',
  ],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'set tls-server-name in the kubeconfig to a name of the certificate'],
  [
    /SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)/,
    "certificate-authority-data must hold the CA of the server's certificate",
  ],
  [/^CERT_HAS_EXPIRED$/, "the server's certificate has expired"],
]

function statusOf(body: string): JsonObject | undefined {
  if (!body.trimStart().startsWith('{')) return undefined
  try {
    const value = JSON.parse(body) as JsonValue
    return isObject(value) && value['kind'] === 'Status' ? value : undefined
  } catch {
    return undefined
  }
}
