import { spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { isArray, isObject, type JsonObject, type JsonValue } from '../../../src/manifest/json.ts'
import { sameValue } from '../../../src/manifest/same-value.ts'
import { type AdmissionWebhook, startAdmissionWebhook } from '../../support/admission-webhook.ts'
import type { Answer, Api } from '../../support/api.ts'
import type { ConformanceCase, Recorded, Step } from './case.ts'
import { maskBody, maskOutput, maskText } from './mask.ts'

/** The server under test. */
export interface Subject {
  readonly api: Api
  readonly kubeconfig: string
  readonly kubectl: string
}

const deadline = 45_000

/** A ConfigMap that a controller writes into every namespace whenever it gets to it. */
const ROOT_CERTIFICATE = 'kube-root-ca.crt'

/** Runs the steps of a case in a new namespace and returns what the server said. Removes what it made. */
export async function runCase(
  subject: Subject,
  { steps, webhooks }: ConformanceCase,
  id: string,
): Promise<readonly Recorded[]> {
  const namespace = `conformance-${id}`
  const server = webhooks === undefined ? undefined : await startAdmissionWebhook(webhooks)
  await subject.api.send('POST', '/api/v1/namespaces', { metadata: { name: namespace } })
  const saved = new Map<string, string>()
  if (server !== undefined) {
    saved.set('webhook', server.url)
    saved.set('authority', server.authority)
  }
  const recorded: Recorded[] = []
  try {
    for (const step of steps) {
      const fill = <T extends JsonValue>(value: T) => filled(value, namespace, saved) as T
      if ('asked' in step) {
        const requests = (server?.asked(step.asked) ?? []).filter(({ name }) => name !== ROOT_CERTIFICATE)
        const asked = requests.map(request => pick(maskBody(request, namespace), step.only))
        recorded.push({ status: asked.length, body: asked })
        continue
      }
      if ('request' in step && step.awaited !== undefined) {
        await untilAsked(subject, server, step, fill)
        recorded.push({ status: 0 })
        continue
      }
      const result =
        'kubectl' in step
          ? await runCommand(subject, step, namespace, fill)
          : await runRequest(subject, step, namespace, fill)
      for (const [name, path] of Object.entries(step.save ?? {}))
        saved.set(name, String(lookUp(result.body, path) ?? ''))
      recorded.push(result.recorded)
    }
  } finally {
    await subject.api.send('DELETE', `/api/v1/namespaces/${namespace}`)
    server?.close()
  }
  return recorded
}

interface StepResult {
  readonly recorded: Recorded
  readonly body: JsonValue
}

type Fill = <T extends JsonValue>(value: T) => T

async function runRequest(
  { api }: Subject,
  step: Extract<Step, { request: string }>,
  namespace: string,
  fill: Fill,
): Promise<StepResult> {
  const [method = 'GET', ...rest] = fill(step.request).split(' ')
  const body = step.raw === undefined ? step.body && fill(step.body) : fill(step.raw)
  const send = () =>
    api.send(method, rest.join(' '), body, {
      ...(step.type === undefined ? {} : { contentType: step.type }),
      ...(step.accept === undefined ? {} : { accept: step.accept }),
      ...(step.headers === undefined ? {} : { headers: fill(step.headers as JsonObject) as Record<string, string> }),
    })
  const answer = step.until === undefined ? await send() : await repeat(send, fill(step.until))
  const parsed: JsonValue = answer.body ?? eventsOf(answer.text) ?? answer.text
  if (step.until !== undefined) {
    const met = contains(parsed, fill(step.until))
    return { recorded: { status: answer.status, body: met ? step.until : maskBody(parsed, namespace) }, body: parsed }
  }
  const warnings = [answer.headers['warning'] ?? []].flat().map(text => maskText(text, namespace))
  return {
    recorded: {
      status: answer.status,
      body: typeof parsed === 'string' ? maskText(parsed, namespace) : shownOf(maskBody(parsed, namespace), step.only),
      ...(warnings.length === 0 ? {} : { warnings }),
    },
    body: parsed,
  }
}

const endOfInitialEvents = { object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } } }

/**
 * The events of a watch, one per line, without the bookmarks in between: a server sends those when it likes, and none is
 * promised. The one that ends the initial events is promised, and stays.
 */
function eventsOf(text: string): JsonValue | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    return text
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as JsonValue)
      .filter(event => !contains(event, { type: 'BOOKMARK' }) || contains(event, endOfInitialEvents))
  } catch {
    return undefined
  }
}

/** A webhook is active some time after its configuration was written, and both answer and requests before do not count. */
async function untilAsked(
  { api }: Subject,
  server: AdmissionWebhook | undefined,
  { request, body, awaited = '' }: Extract<Step, { request: string }>,
  fill: Fill,
): Promise<void> {
  const [method = 'GET', path = ''] = fill(request).split(' ')
  const end = Date.now() + deadline
  while (Date.now() < end) {
    await api.send(method, path, body && fill(body))
    if ((server?.asked(awaited) ?? []).length > 0) return server?.forget()
    await delay(50)
  }
}

async function repeat(send: () => Promise<Answer>, expected: JsonValue): Promise<Answer> {
  const end = Date.now() + deadline
  for (;;) {
    const answer = await send()
    if (contains(answer.body ?? answer.text, expected) || Date.now() > end) return answer
    await delay(50)
  }
}

/** True where the value has everything that is expected; lists item by item. */
function contains(value: JsonValue | undefined, expected: JsonValue): boolean {
  if (isObject(expected)) {
    return isObject(value) && Object.entries(expected).every(([name, item]) => contains(value[name], item ?? null))
  }
  if (isArray(expected)) {
    return isArray(value) && value.length === expected.length && expected.every((item, i) => contains(value[i], item))
  }
  return sameValue(value ?? null, expected)
}

async function runCommand(
  { kubeconfig, kubectl }: Subject,
  step: Extract<Step, { kubectl: string }>,
  namespace: string,
  fill: Fill,
): Promise<StepResult> {
  const args = [`--kubeconfig=${kubeconfig}`, `--namespace=${namespace}`, ...words(fill(step.kubectl))]
  const child = spawn(kubectl, args, { stdio: 'pipe', env: { ...process.env, HOME: '/nonexistent' } })
  const [out, err]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', part => out.push(part))
  child.stderr.on('data', part => err.push(part))
  // A command that fails early does not read its input.
  child.stdin.on('error', () => {})
  child.stdin.end(step.stdin === undefined ? '' : fill(step.stdin))
  const exit = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve(code ?? -1))
  })
  const text = (parts: readonly Buffer[]) => Buffer.concat(parts).toString()
  const recorded = { exit, stdout: maskOutput(text(out), namespace), stderr: maskOutput(text(err), namespace) }
  return { recorded, body: text(out) }
}

/** Words of a command line; quotes keep spaces together. */
function words(line: string): readonly string[] {
  return [...line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'),
  )
}

function filled(value: JsonValue, namespace: string, saved: ReadonlyMap<string, string>): JsonValue {
  if (typeof value === 'string') {
    return value
      .replaceAll('$ns', namespace)
      .replace(/\$\{(\w+)\}/g, (whole, name: string) => saved.get(name) ?? whole)
      .replace(/<repeat ([^<>]+) (\d+)>/gs, (_, text: string, times: string) => text.repeat(Number(times)))
  }
  if (isArray(value)) return value.map(item => filled(item, namespace, saved))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      String(filled(name, namespace, saved)),
      item === undefined ? item : filled(item, namespace, saved),
    ]),
  )
}

function lookUp(value: JsonValue | undefined, path: string): JsonValue | undefined {
  return path.split('.').reduce<JsonValue | undefined>((at, step) => {
    if (isArray(at)) return at[Number(step)]
    return isObject(at) ? at[step] : undefined
  }, value)
}

function shownOf(value: JsonValue, only: readonly string[] | undefined): JsonValue {
  return only === undefined ? value : pick(value, only)
}

function pick(value: JsonValue, paths: readonly string[]): JsonValue {
  return Object.fromEntries(paths.map(path => [path, lookUp(value, path) ?? null]))
}
