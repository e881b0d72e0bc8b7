import { enableCompileCache } from 'node:module'

enableCompileCache()

/** Exit code of a command whose reader has gone away (`| head`), as shells count signals. */
const BROKEN_PIPE = 141

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(BROKEN_PIPE)
  throw error
})

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
