/**
 * What N Kustomizations cost, as an operator sees it: seconds until all of them have answered, API requests, CPU seconds and
 * memory of the engine (a process of its own), beside the floor: bare server-side apply of the objects that change.
 *
 *     node bench/scale/main.ts [--count 100,300,1000] [--layout shared,monorepo] [--out FOLDER]
 *
 * It runs on the cluster that LOCKSTEP_KUBECONFIG names; without, on a real control plane of its own where Go is there to
 * build it, else on an embedded one. With `--out` it writes scale.json, scale.md and scale.svg.
 */
import { spawnSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { startControlPlane } from '../../test/cluster/control-plane.ts'
import type { Layout } from './application.ts'
import { type Report, table } from './figure.ts'
import { plot } from './plot.ts'
import { measureRun } from './run.ts'

interface BenchCluster {
  readonly cluster: Report['cluster']
  readonly kubeconfig: string
  stop(): Promise<void>
}

async function openCluster(): Promise<BenchCluster> {
  const given = process.env['LOCKSTEP_KUBECONFIG']
  if (given !== undefined) return { cluster: 'real', kubeconfig: await readFile(given, 'utf8'), stop: async () => {} }
  if (spawnSync('go', ['version']).status === 0) {
    const real = await startControlPlane()
    return { cluster: 'real', kubeconfig: await readFile(real.kubeconfig, 'utf8'), stop: () => real.stop() }
  }
  console.log('the real control plane needs Go; this is the embedded cluster')
  const sandbox = await startSandbox()
  return { cluster: 'embedded', kubeconfig: sandbox.kubeconfig(), stop: () => sandbox.stop() }
}

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100' },
    layout: { type: 'string', default: 'shared,monorepo' },
    out: { type: 'string' },
  },
})
const { stop, ...cluster } = await openCluster()
const reports: Report[] = []
try {
  for (const count of values.count.split(',').map(Number)) {
    for (const layout of values.layout.split(',') as Layout[]) {
      console.log(`\n-- ${count} Kustomizations, ${layout}`)
      reports.push(await measureRun({ ...cluster, count, layout }))
    }
  }
} finally {
  await stop()
}
console.log(`\n${table(reports)}`)
if (values.out !== undefined) {
  await mkdir(values.out, { recursive: true })
  const write = (name: string, text: string) => writeFile(path.join(values.out ?? '', name), text)
  await write('scale.json', `${JSON.stringify(reports, null, 2)}\n`)
  await write('scale.md', table(reports))
  await write('scale.svg', plot(reports))
}
process.exit(0)
