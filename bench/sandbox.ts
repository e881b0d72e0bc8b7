/**
 * The embedded API server: milliseconds until it is ready (process included), server-side applies a second over HTTP, how
 * late a watch event is at 100 watchers, and the memory of many objects. The server is a process of its own.
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

/** Runs `count` tasks, sixteen at a time; gives how many were done in a second. */
async function rate(count: number, task: (index: number) => Promise<void>): Promise<number> {
  const begun = performance.now()
  let next = 0
  const work = async () => {
    while (next < count) await task(next++)
  }
  await Promise.all(Array.from({ length: 16 }, work))
  return Math.round((count * 1000) / (performance.now() - begun))
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

async function memory(server: Server): Promise<string> {
  const answer = once(server.child, 'message') as Promise<[{ memory: number; peak: number }]>
  server.child.send('memory')
  const [{ memory: now, peak }] = await answer
  return `${Math.round(now / 2 ** 20)} MiB, at most ${Math.round(peak / 2 ** 20)} MiB`
}

const server = await start()
console.log(`ready after ${Math.round(server.ready)} ms`)
await rate(2000, index => apply(server, `warm-${index % 500}`, String(index)))
console.log(`${await rate(6000, index => apply(server, `new-${index}`, '1'))} applies/s that create`)
console.log(`${await rate(6000, index => apply(server, `new-${index}`, '2'))} applies/s that change`)
console.log(`${await rate(6000, index => apply(server, `new-${index}`, '2'))} applies/s that change nothing`)
console.log(
  `${await rate(6000, index => send(server, 'GET', `${configMaps}/new-${index}`, 'application/json'))} reads/s`,
)
console.log(`${(await watchLatency(server, 100)).toFixed(1)} ms from write to the last of 100 watchers`)
await rate(objects, index => apply(server, `many-${index}`, '1'))
console.log(`${objects} objects: ${await memory(server)}`)
const begun = performance.now()
await send(server, 'GET', configMaps, 'application/json')
console.log(`listed in ${Math.round(performance.now() - begun)} ms`)
server.child.disconnect()
process.exit(0)
