import type { Command } from 'commander'
import { parseDuration } from '../../api/duration.ts'
import type { CliContext, GlobalOptions } from '../context.ts'
import { defaultNamespace } from '../context.ts'
import { CommandFailure, explain } from '../failure.ts'
import { parseKind } from '../kinds.ts'
import { formatLogLine } from '../logs/line.ts'
import { withCluster } from './shared.ts'

interface LogsOptions extends GlobalOptions {
  readonly follow?: boolean
  readonly kind?: string
  readonly name?: string
  readonly level?: string
  readonly since?: string
  readonly tail: string
  readonly allNamespaces?: boolean
  readonly fluxNamespace?: string
}

const PART_OF = 'app.kubernetes.io/part-of=flux'
const LEVELS = ['debug', 'info', 'error']

function sinceSeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = parseDuration(text)
  if (ms === undefined || ms <= 0)
    throw new CommandFailure(`--since: '${text}' is no duration; write it as 30s, 5m or 1h30m`)
  return Math.max(1, Math.round(ms / 1000))
}

async function showLogs(context: CliContext, options: LogsOptions): Promise<void> {
  const { kind, level, name } = options
  if (level !== undefined && !LEVELS.includes(level.toLowerCase()))
    throw new CommandFailure(`--level: '${level}' is none; use ${LEVELS.join(', ')}`)
  const seconds = sinceSeconds(options.since)
  const tailLines = Number(options.tail)
  if (!Number.isInteger(tailLines)) throw new CommandFailure(`--tail: '${options.tail}' is no number of lines`)
  const installation = options.fluxNamespace ?? defaultNamespace(context.env)
  const filter = {
    level,
    name,
    kind: kind === undefined ? undefined : parseKind([kind]).gvk.kind,
    namespace: options.allNamespaces === true ? undefined : options.namespace,
  }
  await withCluster(context, options, async cluster => {
    const pods = await cluster.list(
      { group: '', version: 'v1', kind: 'Pod' },
      { namespace: installation, labelSelector: PART_OF },
    )
    if (pods.length === 0)
      throw new CommandFailure(
        `no pods of the engine found in the '${installation}' namespace; name another with --flux-namespace, or run: lockstep install`,
      )
    const logOptions = {
      container: 'manager',
      ...(options.follow === true && { follow: true }),
      ...(tailLines >= 0 && { tailLines }),
      ...(seconds !== undefined && { sinceSeconds: seconds }),
      signal: context.signal,
    }
    await Promise.all(
      pods.map(async ({ metadata }) => {
        const pod = { namespace: installation, name: metadata.name }
        try {
          for await (const line of cluster.logs(pod, logOptions)) {
            const shown = formatLogLine(line, filter)
            if (shown !== undefined) context.terminal.out(`${shown}\n`)
          }
        } catch (error) {
          const see = `kubectl -n ${installation} describe pod ${pod.name}`
          throw new CommandFailure(`the log of pod ${pod.name} cannot be read: ${explain(error)}; see: ${see}`)
        }
      }),
    )
  })
}

/** `lockstep logs`: what the engine in the cluster says. */
export function registerLogs(program: Command, context: CliContext): void {
  program
    .command('logs')
    .description('Show the log of the engine in the cluster')
    .option('-f, --follow', 'go on and print what comes')
    .option('--kind <kind>', 'only about objects of this kind')
    .option('--name <name>', 'only about objects of this name')
    .option('--level <level>', 'only lines of this level: debug, info or error')
    .option('--since <duration>', 'only lines that are not older')
    .option('--tail <lines>', 'only the last lines; -1 for all', '-1')
    .option('-A, --all-namespaces', 'about objects of all namespaces')
    .option('--flux-namespace <name>', 'where the engine is installed')
    .action((_: unknown, self: Command) => showLogs(context, self.optsWithGlobals<LogsOptions>()))
}
