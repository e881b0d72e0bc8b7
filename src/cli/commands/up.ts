import type { Command } from 'commander'
import type { CliContext, GlobalOptions } from '../context.ts'

export interface UpOptions extends GlobalOptions {
  readonly repo?: string
  readonly path?: string
  readonly branch?: string
  readonly keep?: boolean
  readonly data?: string
}

/** `lockstep up`: everything on this machine, for a first look. */
export function registerUp(program: Command, context: CliContext): void {
  program
    .command('up')
    .description('Start an embedded cluster and the engine here, and keep them in lockstep with a repository')
    .option('--repo <url|path>', 'repository to apply; a sample is made without it')
    .option('--path <dir>', 'folder of the repository to apply')
    .option('--branch <name>', 'branch to follow; the default one without it')
    .option('--keep', 'keep the state for the next start')
    .option('--data <dir>', 'where the state is kept', '.lockstep')
    .action(async (_: unknown, command: Command) => {
      const { up } = await import('../up/up.ts')
      await up(command.optsWithGlobals<UpOptions>(), context)
    })
}
