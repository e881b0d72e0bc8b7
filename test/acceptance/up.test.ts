import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { connectCluster } from '../../src/kube/client.ts'
import type { KubeClient } from '../../src/kube/client-types.ts'
import { connectionOf } from '../../src/kube/kubeconfig.ts'
import { parseKubeconfig } from '../../src/kube/load-connection.ts'

/* The README's first line, as a newcomer types it: start, look, push, break, mend, stop. */
const root = path.resolve(import.meta.dirname, '../..')
const run = promisify(execFile)
const DEADLINE_MS = 60_000

/** Lines that a process printed, and a promise for the first that fits a pattern. */
function listen(child: ReturnType<typeof spawn>) {
  const lines: string[] = []
  const waiting = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue
    createInterface(stream).on('line', line => {
      lines.push(line)
      for (const look of waiting) look()
    })
  }
  return async (pattern: RegExp): Promise<RegExpExecArray> => {
    const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>()
    const look = () => {
      const found = lines.map(line => pattern.exec(line)).find(match => match !== null)
      if (found) resolve(found)
    }
    const timer = setTimeout(() => reject(new Error(`nothing like ${pattern} in:\n${lines.join('\n')}`)), DEADLINE_MS)
    waiting.add(look)
    look()
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      waiting.delete(look)
    }
  }
}

let child: ReturnType<typeof spawn>
/** Its exit code, once it has one. */
let ended: Promise<number | null>
let said: ReturnType<typeof listen>
let folder: string
let work: string
let kubeconfig: string
let cluster: KubeClient

async function git(...args: string[]): Promise<void> {
  await run('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.test', ...args], { cwd: work })
}

async function change(file: string, text: (before: string) => string, message: string): Promise<void> {
  const name = path.join(work, file)
  await writeFile(name, text(await readFile(name, 'utf8')))
  await git('commit', '-qam', message)
  await git('push', '-q')
}

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lockstep-acceptance-'))
  work = path.join(folder, 'work')
  child = spawn(path.join(root, 'bin/lockstep'), ['up'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  })
  ended = new Promise(resolve => child.once('exit', resolve))
  said = listen(child)
  const [, url = ''] = await said(/git clone (\S+)/)
  ;[, kubeconfig = ''] = await said(/export KUBECONFIG=(\S+)/)
  await run('git', ['clone', '-q', url, work])
  cluster = connectCluster(connectionOf(parseKubeconfig(await readFile(kubeconfig, 'utf8'), kubeconfig)))
})

after(async () => {
  await cluster?.close()
  child?.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

test('the three sample environments become ready', async () => {
  await said(/15 Kustomizations are ready/)
})

test('a pushed change is applied', async () => {
  await change(
    'applications/overlays/production/catalog/kustomization.yaml',
    text => text.replace('newTag: 2.4.0', 'newTag: 2.4.1'),
    'catalog 2.4.1',
  )
  await said(/production-catalog configured Deployment\/production\/catalog/)
  const deployment = await cluster.get({
    group: 'apps',
    version: 'v1',
    kind: 'Deployment',
    namespace: 'production',
    name: 'catalog',
  })
  assert.match(JSON.stringify(deployment), /registry\.example\.test\/catalog:2\.4\.1/)
})

test('a manual change is undone', async () => {
  const ref = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'staging', name: 'catalog' }
  await cluster.patch(ref, { spec: { replicas: 9 } }, { type: 'merge', fieldManager: 'kubectl-scale' })
  await said(/staging-catalog reverted a manual change of Deployment\/staging\/catalog/)
})

test('a broken file is reported with its place and its commit, and mending it helps', async () => {
  const file = 'applications/base/orders/service.yaml'
  let good = ''
  await change(
    file,
    before => {
      good = before
      return 'a: [\n'
    },
    'break the orders service',
  )
  const [report] = await said(/applications\/base\/orders\/service\.yaml:\d+:\d+: /)
  assert.ok(report.length > 0)
  await said(/problems? in commit [0-9a-f]{8} by Ada <ada@example\.test> "break the orders service"/)
  await change(file, () => good, 'mend it')
  await said(/production-orders is at main@sha1:[0-9a-f]+ /)
})

test('Ctrl-C ends it and leaves nothing behind', async () => {
  child.kill('SIGINT')
  assert.equal(await ended, 0)
  assert.equal(existsSync(path.dirname(kubeconfig)), false)
})
