import { Command, CommanderError } from 'commander'
import { plainSwitches } from './boolean-flags.ts'
import { registerCommands } from './commands/index.ts'
import { type CliContext, defaultNamespace } from './context.ts'
import { CommandFailure, explain } from './failure.ts'
import { terminalOf } from './terminal.ts'
import { version } from './version.ts'

/** Exit code after Ctrl-C, as shells count signals. */
const INTERRUPTED = 130

function createContext(signal: AbortSignal): CliContext {
  return {
    terminal: terminalOf(process.stdout, process.stderr),
    env: process.env,
    signal,
    clock: () => new Date(),
    confirm: question => askUser(question, signal),
    async connect({ context, kubeconfig }) {
      const [{ loadConnection }, { connectCluster }] = await Promise.all([
        import('../kube/load-connection.ts'),
        import('../kube/client.ts'),
      ])
      const connection = await loadConnection({
        ...(context !== undefined && { context }),
        ...(kubeconfig !== undefined && { kubeconfig }),
      })
      return connectCluster(connection, { userAgent: `lockstep/${version()}` })
    },
  }
}

/** Yes only by a person's `y`; without a terminal the answer is no. */
async function askUser(question: string, signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY) return false
  const { createInterface } = await import('node:readline/promises')
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await lines.question(`? ${question} [y/N] `, { signal })).trim())
  } finally {
    lines.close()
  }
}

/** The command line as a commander program; exported for completion and documentation. */
export function createProgram(context: CliContext): Command {
  const program = new Command('lockstep')
    .description('Keeps Kubernetes clusters in lockstep with Git.')
    .version(`lockstep: v${version()}`, '-v, --version', 'print the version')
    .option('-n, --namespace <name>', `namespace of the object (default: ${defaultNamespace(context.env)})`)
    .option('--context <name>', 'context of the kubeconfig to use')
    .option('--kubeconfig <file>', 'kubeconfig to use instead of KUBECONFIG and ~/.kube/config')
    .option('--timeout <duration>', 'how long to wait for the cluster', '5m')
    .showHelpAfterError('(see --help)')
    .configureOutput({ writeOut: context.terminal.out, writeErr: context.terminal.err })
    .exitOverride()
  registerCommands(program, context)
  return program
}

/** Runs a command line and gives its exit code: 0, 1 for failures and differences, 130 after Ctrl-C. */
export async function runProgram(args: readonly string[], context: CliContext): Promise<number> {
  const { terminal, signal } = context
  try {
    const program = createProgram(context)
    if (args.length === 0) terminal.out(program.helpInformation())
    else await program.parseAsync([...plainSwitches(args, program)], { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode
    if (signal.aborted && !(error instanceof CommandFailure)) return INTERRUPTED
    if (!(error instanceof CommandFailure) || error.message !== '') terminal.fail(explain(error))
    return error instanceof CommandFailure ? error.exitCode : 1
  }
}

/** Runs a command line in this process' terminal, until its end or Ctrl-C. */
export async function runCli(args: readonly string[]): Promise<number> {
  const interrupt = new AbortController()
  const onSignal = () => interrupt.abort()
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  try {
    return await runProgram(args, createContext(interrupt.signal))
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}
