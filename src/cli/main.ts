import { enableCompileCache } from 'node:module'

enableCompileCache()

if (process.argv.length === 3 && (process.argv[2] === '--version' || process.argv[2] === 'version')) {
  const { version } = await import('./version.ts')
  process.stdout.write(`lockstep: v${version()}\n`)
} else {
  const { runCli } = await import('./program.ts')
  process.exitCode = await runCli(process.argv.slice(2))
}
