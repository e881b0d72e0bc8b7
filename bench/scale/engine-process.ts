/** The engine of bench/scale, in a process of its own so that its CPU time and memory are its own. */
import { readFile } from 'node:fs/promises'
import { startEngineProcess } from '../../src/cli/engine-process.ts'
import { jsonLogger } from '../../src/engine/log.ts'
import { connectCluster } from '../../src/kube/client.ts'
import { connectionOf } from '../../src/kube/kubeconfig.ts'
import { parseKubeconfig } from '../../src/kube/load-connection.ts'
import { openSqliteLedger } from '../../src/ledger/sqlite.ts'

/** What the engine has used; requests are those since the last question. */
export interface EngineUsage {
  readonly cpuSeconds: number
  /** The most that was resident so far. */
  readonly rssMiB: number
  readonly requests: Readonly<Record<string, number>>
}

const [kubeconfig = '', dataDir = ''] = process.argv.slice(2)
let requests: Record<string, number> = {}
const cluster = connectCluster(connectionOf(parseKubeconfig(await readFile(kubeconfig, 'utf8'), kubeconfig)), {
  onRequest({ verb, resource, subresource }) {
    const key = `${verb} ${resource}${subresource === '' ? '' : `/${subresource}`}`
    requests[key] = (requests[key] ?? 0) + 1
  },
})
const engine = await startEngineProcess({
  cluster,
  dataDir,
  ledger: openSqliteLedger(':memory:'),
  log: jsonLogger(line => {
    if (process.env['LOCKSTEP_DEBUG'] !== undefined || line.includes('"level":"error"')) process.stderr.write(line)
  }),
  settings: { concurrency: 20, noCrossNamespaceRefs: false, noRemoteBases: false, clusterName: 'bench' },
})

function usage(): EngineUsage {
  const { user, system } = process.cpuUsage()
  const taken = requests
  requests = {}
  return { cpuSeconds: (user + system) / 1e6, rssMiB: process.resourceUsage().maxRSS / 1024, requests: taken }
}

process.on('message', async (message: string) => {
  const [verb = '', argument = ''] = message.split(' ')
  if (verb === 'pushed') return engine.pushed(argument)
  if (verb === 'idle') {
    await engine.idle()
    process.send?.({ cpuSeconds: 0, rssMiB: 0, requests: {} } satisfies EngineUsage)
  }
  if (verb === 'usage') process.send?.(usage())
  if (verb === 'stop') {
    await engine.stop()
    await cluster.close()
    process.send?.(usage())
    process.disconnect()
  }
})
process.send?.(usage())
