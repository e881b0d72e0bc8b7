import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { load } from 'js-yaml'

/** A Kubernetes API server as tests talk to it: bare requests, every answer a value. */
export interface Api {
  readonly url: string
  send(method: string, path: string, body?: unknown, options?: SendOptions): Promise<Answer>
  close(): void
}

export interface SendOptions {
  readonly contentType?: string
  readonly accept?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** The text as JSON; undefined where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any
}

interface KubeconfigFile {
  readonly 'current-context': string
  readonly contexts: readonly { name: string; context: { cluster: string; user: string } }[]
  readonly clusters: readonly { name: string; cluster: Record<string, string> }[]
  readonly users: readonly { name: string; user: Record<string, string> }[]
}

/** Opens the server of a kubeconfig file with its current user. A body that is a string is sent as it is. */
export function openApi(kubeconfigFile: string): Api {
  const config = load(readFileSync(kubeconfigFile, 'utf8')) as KubeconfigFile
  const context = config.contexts.find(entry => entry.name === config['current-context'])?.context
  const cluster = config.clusters.find(entry => entry.name === context?.cluster)?.cluster ?? {}
  const user = config.users.find(entry => entry.name === context?.user)?.user ?? {}
  const pem = (source: Record<string, string>, name: string) => {
    const data = source[`${name}-data`]
    if (data !== undefined) return Buffer.from(data, 'base64')
    return source[name] === undefined ? undefined : readFileSync(source[name])
  }
  const trust = { keepAlive: true, ca: pem(cluster, 'certificate-authority') }
  const agent = new Agent({ ...trust, cert: pem(user, 'client-certificate'), key: pem(user, 'client-key') })
  // A certificate would win over the token that a request brings along.
  const anonymous = new Agent(trust)
  const url = cluster['server'] ?? ''
  const authorization = user['token'] === undefined ? {} : { authorization: `Bearer ${user['token']}` }
  return {
    url,
    close: () => {
      agent.destroy()
      anonymous.destroy()
    },
    send: (method, path, body, { contentType = 'application/json', accept = 'application/json', headers } = {}) =>
      new Promise((resolve, reject) => {
        const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
        const req = request(
          `${url}${path}`,
          {
            method,
            agent: headers?.['authorization'] === undefined ? agent : anonymous,
            headers: {
              accept,
              ...authorization,
              ...(text === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }),
              ...headers,
            },
          },
          response => {
            const parts: Buffer[] = []
            response.on('data', part => parts.push(part)).on('error', reject)
            response.on('end', () => {
              const answer = Buffer.concat(parts).toString()
              resolve({
                status: response.statusCode ?? 0,
                headers: response.headers,
                text: answer,
                body: parse(answer),
              })
            })
          },
        )
        req.on('error', reject)
        req.end(text)
      }),
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
