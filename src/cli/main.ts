import { enableCompileCache } from 'node:module'

enableCompileCache()

const args = process.argv.slice(2)
const line = args.join(' ')
if (line === '--version' || line === '-v' || line === 'version --client') {
  const { version } = await import('./version.ts')
  process.stdout.write(`lockstep: v${version()}\n`)
} else {
  const quick =
    args[0] === 'build' ? await (await import('./build/quick-build.ts')).quickBuild(args.slice(1)) : undefined
  process.exitCode = quick ?? (await (await import('./program.ts')).runCli(args))
}
