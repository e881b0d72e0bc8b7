import type { Command } from 'commander'
import type { CliContext, GlobalOptions } from '../context.ts'
import { CommandFailure } from '../failure.ts'
import { describeRunFlags, readRunSettings } from '../run/settings.ts'

const LINGER_MS = 3000

/** `lockstep run`: the engine as a process, which is what runs in a cluster. Its flags are those of the Flux controllers. */
export function registerRun(program: Command, context: CliContext): void {
  program
    .command('run')
    .description('Run the engine: the process inside a cluster, or beside one for development')
    .addHelpText('after', describeRunFlags())
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (_: unknown, command: Command) => {
      const read = readRunSettings(command.args)
      if ('problems' in read) throw new CommandFailure(read.problems.join('\n'))
      const { run } = await import('../run/run.ts')
      try {
        await run(read.settings, command.optsWithGlobals<GlobalOptions>(), context)
      } finally {
        // An engine that lost its lease must not linger because of something that does not end.
        setTimeout(() => process.exit(), LINGER_MS).unref()
      }
    })
}
