import { type Dispatcher, EnvHttpProxyAgent, request } from 'undici'
import { isObject, type JsonObject, type JsonValue } from '../manifest/json.ts'

export interface CloudRequest {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface CloudAnswer {
  readonly status: number
  readonly body: string
}

/** One request to a provider's API. Rejects where there is no answer. */
export type CloudHttp = (request: CloudRequest) => Promise<CloudAnswer>

/** A provider refused something, or something is missing; `hint` says what to do. Holds no secrets. */
export class CloudError extends Error {
  override readonly name = 'CloudError'
  readonly hint: string

  constructor(message: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.hint = hint
  }
}

const TIMEOUT_MS = 30_000
/** Metadata services are on the machine's own link. */
const NEVER_BY_PROXY = '169.254.169.254,169.254.170.2,169.254.170.23,metadata.google.internal'

/** HTTP through the environment's proxy, where it names one. */
export function cloudHttp(env: NodeJS.ProcessEnv): CloudHttp {
  let dispatcher: Dispatcher | undefined
  return async ({ method, url, headers = {}, body }) => {
    dispatcher ??= new EnvHttpProxyAgent({
      noProxy: [env['NO_PROXY'] ?? env['no_proxy'] ?? '', NEVER_BY_PROXY].filter(text => text !== '').join(','),
      connect: { timeout: 5_000 },
    })
    const answer = await request(url, {
      method,
      headers: { 'user-agent': 'lockstep', ...headers },
      body: body ?? null,
      dispatcher,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    })
    return { status: answer.statusCode, body: await answer.body.text() }
  }
}

/**
 * The body of an answer of status 200. `what` says what was tried, for the error of any other outcome, which quotes what the
 * provider said about it.
 */
export async function ask(http: CloudHttp, request: CloudRequest, what: string, hint: string): Promise<string> {
  const answer = await http(request).catch((error: unknown) => {
    const said = error instanceof Error ? error.message : String(error)
    throw new CloudError(`${what}: ${new URL(request.url).host}: ${said}`, hint, error)
  })
  if (answer.status === 200) return answer.body
  const said = explanation(answer.body)
  throw new CloudError(`${what}: status ${answer.status}${said === '' ? '' : `: ${said}`}`, hint)
}

/** Like `ask`, where the answer is a JSON object. */
export async function askJson(http: CloudHttp, request: CloudRequest, what: string, hint: string): Promise<JsonObject> {
  const value = parsed(await ask(http, request, what, hint))
  if (value !== undefined) return value
  throw new CloudError(`${what}: the answer is no JSON object`, hint)
}

/** A text of an answer that must be there. */
export function field(object: JsonObject, name: string, what: string): string {
  const value = object[name]
  if (typeof value === 'string' && value !== '') return value
  throw new CloudError(`${what}: the answer has no ${name}`, 'see whether the address is that of the provider')
}

function parsed(body: string): JsonObject | undefined {
  try {
    const value = JSON.parse(body) as JsonValue
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** What AWS (XML or JSON), Azure and Google say went wrong. */
function explanation(body: string): string {
  const json = parsed(body)
  if (json === undefined) return /<Message>([^<]{1,300})<\/Message>/.exec(body)?.[1] ?? ''
  const { error, error_description, message, Message } = json
  const nested = isObject(error) ? error['message'] : undefined
  const said = [error_description, nested, message, Message, error].find(each => typeof each === 'string')
  return typeof said === 'string' ? said.slice(0, 300) : ''
}
