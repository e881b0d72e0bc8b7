/**
 * The embedded API server: milliseconds until it is ready (process included), server-side applies a second over HTTP, how
 * late a watch event is at 100 watchers, and the memory of many objects. The server is a process of its own; what it does in
 * a second of CPU is what one core gives it, however busy the machine is.
 *
 *     node bench/sandbox.ts [objects]
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { Agent } from 'undici'

interface Server {
  readonly child: ChildProcess
  readonly url: string
  readonly token: string
  readonly agent: Agent
  readonly ready: number
}

const objects = Number(process.argv[2] ?? 50_000)

async function start(): Promise<Server> {
  const begun = performance.now()
  const child = fork(path.join(import.meta.dirname, 'sandbox-server.ts'))
  const [{ url, ca, token }] = (await once(child, 'message')) as [{ url: string; ca: string; token: string }]
  const agent = new Agent({ connect: { ca }, connections: 16, pipelining: 1 })
  return { child, url, token, agent, ready: performance.now() - begun }
}

async function send(
  server: Server,
  method: 'GET' | 'PATCH' | 'DELETE',
  target: string,
  type: string,
  body?: string,
): Promise<void> {
  const { statusCode, body: answer } = await server.agent.request({
    origin: server.url,
    path: target,
    method,
    headers: { authorization: `Bearer ${server.token}`, 'content-type': type },
    ...(body === undefined ? {} : { body }),
  })
  const text = await answer.text()
  if (statusCode >= 300) throw new Error(`${method} ${target}: ${statusCode} ${text}`)
}

/** Runs `count` tasks, sixteen at a time; says how many were done in a second, and in a second of the server's CPU. */
async function rate(server: Server, count: number, task: (index: number) => Promise<void>): Promise<string> {
  const begun = performance.now()
  const { cpu } = await usageOf(server)
  let next = 0
  const work = async () => {
    while (next < count) await task(next++)
  }
  await Promise.all(Array.from({ length: 16 }, work))
  const seconds = (performance.now() - begun) / 1000
  const busy = (await usageOf(server)).cpu - cpu
  return `${Math.round(count / seconds)} a second, ${Math.round(count / busy)} in a second of CPU`
}

const configMap = (name: string, value: string) =>
  `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${name}","labels":{"app":"bench"}},"data":{"a":"${value}","b":"2"}}`
const configMaps = '/api/v1/namespaces/default/configmaps'
const apply = (server: Server, name: string, value: string) =>
  send(
    server,
    'PATCH',
    `${configMaps}/${name}?fieldManager=bench&force=true`,
    'application/apply-patch+yaml',
    configMap(name, value),
  )

async function watchLatency(server: Server, watchers: number): Promise<number> {
  const arrivals: number[] = []
  let arrived = () => {}
  const stops = new AbortController()
  for (let index = 0; index < watchers; index++) {
    const agent = new Agent({ connect: { rejectUnauthorized: false } })
    const { body } = await agent.request({
      origin: server.url,
      path: `${configMaps}?watch=true&resourceVersion=0&fieldSelector=metadata.name%3Dseen`,
      method: 'GET',
      headers: { authorization: `Bearer ${server.token}` },
      signal: stops.signal,
    })
    body.on('data', () => {
      arrivals.push(performance.now())
      if (arrivals.length === watchers) arrived()
    })
    body.on('error', () => {})
  }
  const latencies: number[] = []
  for (let round = 0; round < 20; round++) {
    arrivals.length = 0
    const all = new Promise<void>(resolve => {
      arrived = resolve
    })
    const begun = performance.now()
    await apply(server, 'seen', String(round))
    const answered = performance.now()
    await all
    latencies.push(Math.max(...arrivals) - Math.min(answered, begun))
  }
  stops.abort()
  return latencies.sort((a, b) => a - b)[Math.floor(latencies.length / 2)] ?? 0
}

interface Usage {
  readonly memory: number
  readonly peak: number
  /** Seconds since the process started. */
  readonly cpu: number
}

async function usageOf({ child }: Server): Promise<Usage> {
  const answer = once(child, 'message') as Promise<[Usage]>
  child.send('usage')
  const [usage] = await answer
  return usage
}

const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`

const server = await start()
const { cpu } = await usageOf(server)
console.log(
  `ready after ${Math.round(server.ready)} ms, of them ${Math.round(cpu * 1000)} ms of CPU (goal: 700; the first start after an installation compiles everything)`,
)
await rate(server, 2000, index => apply(server, `warm-${index % 500}`, String(index)))
const applies = async (what: string, value: string) =>
  console.log(
    `applies that ${what}: ${await rate(server, 6000, index => apply(server, `new-${index}`, value))} (goal: 2000)`,
  )
await applies('create', '1')
await applies('change', '2')
await applies('change nothing', '2')
const reads = await rate(server, 6000, index => send(server, 'GET', `${configMaps}/new-${index}`, 'application/json'))
console.log(`reads: ${reads}`)
const latency = (await watchLatency(server, 100)).toFixed(1)
console.log(`${latency} ms from write to the last of 100 watchers (goal: 10)`)
await rate(server, objects, index => apply(server, `many-${index}`, '1'))
const { memory, peak } = await usageOf(server)
console.log(`${objects} objects: ${mebibytes(memory)}, at most ${mebibytes(peak)} (goal: 1024 for 50,000)`)
const begun = performance.now()
await send(server, 'GET', configMaps, 'application/json')
console.log(`listed in ${Math.round(performance.now() - begun)} ms`)
server.child.disconnect()
process.exit(0)
