import { enableCompileCache } from 'node:module'

enableCompileCache()

const args = process.argv.slice(2)
const line = args.join(' ')
if (line === '--version' || line === '-v' || line === 'version --client') {
  const [{ version }, { writeNow }] = await Promise.all([import('./version.ts'), import('./build/write-now.ts')])
  writeNow('stdout', `lockstep: v${version()}\n`)
} else {
  const quick =
    args[0] === 'build' ? await (await import('./build/quick-build.ts')).quickBuild(args.slice(1)) : undefined
  if (quick === undefined) {
    const { BROKEN_PIPE } = await import('./build/write-now.ts')
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(BROKEN_PIPE)
      throw error
    })
  }
  process.exitCode = quick ?? (await (await import('./program.ts')).runCli(args))
}
