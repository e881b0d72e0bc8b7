import type { Command } from 'commander'
import { refOf } from '../../manifest/object.ts'
import type { CliContext, GlobalOptions } from '../context.ts'
import { type CliKind, gitSource, kustomization } from '../kinds.ts'
import { summaryOf } from '../summary.ts'
import { namespaceOf, select, withCluster } from './shared.ts'
import { waitUntilReady } from './wait-ready.ts'

interface SuspendOptions extends GlobalOptions {
  readonly all?: boolean
  readonly wait?: boolean
}

async function setSuspended(
  context: CliContext,
  kind: CliKind,
  names: readonly string[],
  suspend: boolean,
  options: SuspendOptions,
) {
  const { terminal } = context
  const namespace = namespaceOf(options, context)
  await withCluster(context, options, async cluster => {
    for (const object of await select(cluster, kind, namespace, names, options.all === true)) {
      terminal.doing(
        `${suspend ? 'suspending' : 'resuming'} ${kind.spoken} ${object.metadata.name} in ${namespace} namespace`,
      )
      const patch = { spec: { suspend: suspend ? true : null } }
      const patched = await cluster.patch(refOf(object), patch, { type: 'merge', fieldManager: 'flux' })
      terminal.done(`${kind.spoken} ${suspend ? 'suspended' : 'resumed'}`)
      if (suspend || options.wait === false) continue
      terminal.waiting(`waiting for ${kind.gvk.kind} reconciliation`)
      const ready = await waitUntilReady(cluster, patched, { timeout: options.timeout, signal: context.signal })
      terminal.done(`${kind.gvk.kind} ${object.metadata.name} reconciliation completed`)
      terminal.done(`${kind === gitSource ? 'fetched' : 'applied'} revision ${summaryOf(kind, ready).revision}`)
    }
  })
}

/** `lockstep suspend …` and `lockstep resume …`. */
export function registerSuspend(program: Command, context: CliContext): void {
  for (const suspend of [true, false]) {
    const verb = suspend ? 'suspend' : 'resume'
    const parent = program
      .command(verb)
      .description(suspend ? 'Stop reconciling objects' : 'Reconcile suspended objects again')
    const add = (to: Command, name: string, alias: string | undefined, kind: CliKind) => {
      const command = to
        .command(`${name} [names...]`)
        .description(`${suspend ? 'Suspend' : 'Resume'} ${kind.gvk.kind} objects`)
        .option('--all', 'all of the namespace')
      if (alias !== undefined) command.alias(alias)
      if (!suspend)
        command.option('--wait', 'wait for the reconciliation', true).option('--no-wait', 'do not wait for it')
      command.action((names: string[], _: unknown, self: Command) =>
        setSuspended(context, kind, names, suspend, self.optsWithGlobals()),
      )
    }
    add(parent, 'kustomization', 'ks', kustomization)
    add(parent.command('source').description(`${suspend ? 'Suspend' : 'Resume'} sources`), 'git', undefined, gitSource)
  }
}
