import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { startSandbox } from '../src/sandbox/sandbox.ts'
import { startControlPlane } from './cluster/control-plane.ts'

/*
 * What needs a real control plane: `npm run test:real`. The tests that run on any cluster are run again on it, the
 * conformance cases on both it and the embedded one, and the fuzzer between the two.
 */
const root = path.resolve(import.meta.dirname, '..')
const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-real-'))
const real = await startControlPlane()
const sandbox = await startSandbox()
const embedded = path.join(folder, 'embedded')
writeFileSync(embedded, sandbox.kubeconfig(), { mode: 0o600 })
// Controllers write in between, each in its own time; the fuzzer compares API servers alone.
const bare = await startControlPlane({ controllers: false })
const quiet = await startSandbox({ workloads: false })
const alone = path.join(folder, 'alone')
writeFileSync(alone, quiet.kubeconfig(), { mode: 0o600 })
const failed: string[] = []
/** Of each suite that fails. */
const COMPLAINT_LINES = 12

/** The embedded server lives in this process, so that children must not block it. What failed is told once more at the end. */
async function run(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  console.log(`\n-- ${name}`)
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  })
  const code = new Promise(resolve => child.once('exit', resolve))
  const complaints: string[] = []
  let isComplaint = false
  for await (const line of createInterface(child.stdout)) {
    console.log(line)
    isComplaint = /^(✖|FAIL)/.test(line) || (isComplaint && /^\s*[^\s{]/.test(line))
    if (isComplaint && complaints.length < COMPLAINT_LINES) complaints.push(line)
  }
  if ((await code) !== 0) failed.push([name, ...complaints].join('\n'))
}

try {
  const onReal = { LOCKSTEP_KUBECONFIG: real.kubeconfig }
  // One after another: each of the first three has an engine of its own that serves the whole cluster.
  await run('scenarios', ['test/run.ts', 'test/scenarios/scenarios.test.ts'], onReal)
  await run('kill', ['test/run.ts', 'test/scenarios/kill.test.ts'], onReal)
  await run('recordings', ['test/run.ts', 'test/recordings/recordings.test.ts'], onReal)
  // These start control planes of their own, for an installation or for the real Flux.
  const ownPlane = { LOCKSTEP_REAL: '1' }
  await run('recorded commands of the flux CLI', ['test/run.ts', 'test/flux-cli/recorded.test.ts'], ownPlane)
  await run('the flux CLI on Flux and on Lockstep', ['test/run.ts', 'test/flux-cli/beside-flux.test.ts'], ownPlane)
  await run('the drift lock', ['test/run.ts', 'test/cluster/lock.test.ts'], ownPlane)
  await run('taking over from Flux and back', ['test/run.ts', 'test/takeover/takeover.test.ts'], ownPlane)
  await run('going on with Flux', ['test/run.ts', 'test/takeover/from-lockstep.test.ts'], ownPlane)
  await run(
    'the same scenarios on Flux and on Lockstep',
    ['test/run.ts', 'test/recordings/against-flux.test.ts'],
    ownPlane,
  )
  await run('faults', ['test/run.ts', 'test/faults'], ownPlane)
  await run('client and apply', ['test/run.ts', 'src/kube', 'src/apply', 'deploy', 'src/cli/install'], onReal)
  const conformance = 'test/conformance/kube-api/main.ts'
  await run('conformance of the embedded cluster', [conformance, '--quiet', '--kubeconfig', embedded])
  await run('conformance of the real control plane', [conformance, '--quiet', '--kubeconfig', real.kubeconfig])
  const between = ['--kubeconfig', alone, '--against', bare.kubeconfig]
  await run('fuzzing one against the other', ['test/conformance/kube-api/fuzz.ts', ...between, '--count', '100'])
  await run('a push and a manual change', ['bench/live.ts', '10'], onReal)
} finally {
  await Promise.all([sandbox.stop(), quiet.stop(), real.stop(), bare.stop()])
  rmSync(folder, { recursive: true, force: true })
}
console.log(failed.length === 0 ? '\nall of it holds' : `\nfailed: ${failed.join('\n\nfailed: ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
