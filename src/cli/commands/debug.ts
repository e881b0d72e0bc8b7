import type { Command } from 'commander'
import type { Kustomization } from '../../api/kustomization.ts'
import type { JsonValue } from '../../manifest/json.ts'
import { toYaml } from '../../manifest/yaml/to-yaml.ts'
import type { CliContext, GlobalOptions } from '../context.ts'
import { CommandFailure } from '../failure.ts'
import { kustomization as kind } from '../kinds.ts'
import { mustFind, namespaceOf, withCluster } from './shared.ts'

interface DebugOptions extends GlobalOptions {
  readonly showVars?: boolean
  readonly showHistory?: boolean
}

const HISTORY = '# History documentation: https://fluxcd.io/flux/components/kustomize/kustomizations/#history\n'

/** A value as dotenv files hold it: quoted where it is more than one plain line. */
function dotenv(value: string): string {
  return value.includes('\n') ? JSON.stringify(value) : value
}

/** `lockstep debug kustomization NAME`: what its substitution works with, and its past. */
export function registerDebug(program: Command, context: CliContext): void {
  program
    .command('debug')
    .description('Look into how a Kustomization is reconciled')
    .command('kustomization <name>')
    .alias('ks')
    .description('Show the variables or the history of a Kustomization; variables may be secret')
    .option('--show-vars', 'print the variables of the substitution, with their values')
    .option('--show-history', 'print how the last reconciliations went')
    .action(async (name: string, _: unknown, self: Command) => {
      const options = self.optsWithGlobals<DebugOptions>()
      if ((options.showVars === true) === (options.showHistory === true))
        throw new CommandFailure('either --show-vars or --show-history must be set')
      const { readVariables } = await import('../../engine/kustomization/variables.ts')
      await withCluster(context, options, async cluster => {
        const object = (await mustFind(cluster, kind, namespaceOf(options, context), name)) as Kustomization
        if (options.showHistory === true) {
          const history = object.status?.history ?? []
          if (history.length === 0) throw new CommandFailure(`no history found for ${kind.spoken} ${name}`)
          return context.terminal.out(`${HISTORY}${toYaml(history as unknown as JsonValue)}`)
        }
        const read = await readVariables(object, reference => cluster.get({ group: '', version: 'v1', ...reference }))
        if (read.kind === 'missing') throw new CommandFailure(read.message)
        const values = new Map(read.sources.flatMap(source => Object.entries(source.values)))
        const lines = [...values]
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, value]) => `${key}=${dotenv(value)}\n`)
        context.terminal.out(lines.join(''))
      })
    })
}
