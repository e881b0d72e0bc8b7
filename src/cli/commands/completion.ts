import type { Command } from 'commander'
import type { CliContext } from '../context.ts'

/** `lockstep completion bash|zsh|fish`: a script that completes this very command line. */
export function registerCompletion(program: Command, context: CliContext): void {
  const parent = program.command('completion').description('Print a script for completion in a shell')
  const load = {
    bash: '. <(lockstep completion bash)',
    zsh: '. <(lockstep completion zsh)',
    fish: 'lockstep completion fish | source',
  }
  for (const [shell, line] of Object.entries(load)) {
    parent
      .command(shell)
      .description(`Print a script for ${shell}; load it with: ${line}`)
      .action(async () => {
        const { completionScript } = await import('../completion/script.ts')
        context.terminal.out(completionScript(program, shell as keyof typeof load))
      })
  }
}
