/** The sandbox as a process of its own; tells its parent where it listens and, when asked, what memory and CPU it took. */
import { enableCompileCache } from 'node:module'

// As the command does; the first run on a machine compiles everything.
enableCompileCache()
const { startSandbox } = await import('../src/sandbox/sandbox.ts')
const sandbox = await startSandbox({ workloads: process.env['BENCH_WORKLOADS'] === '1' })
process.send?.({ ready: performance.now(), url: sandbox.url, ca: sandbox.ca, token: sandbox.adminToken })
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  const cpu = (user + system) / 1e6
  process.send?.({ memory: process.memoryUsage().rss, peak: process.resourceUsage().maxRSS * 1024, cpu })
})
process.on('disconnect', () => process.exit())
