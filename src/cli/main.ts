import { enableCompileCache } from 'node:module'

enableCompileCache()

const line = process.argv.slice(2).join(' ')
if (line === '--version' || line === '-v' || line === 'version --client') {
  const { version } = await import('./version.ts')
  process.stdout.write(`lockstep: v${version()}\n`)
} else {
  const { runCli } = await import('./program.ts')
  process.exitCode = await runCli(process.argv.slice(2))
}
