import type { Command } from 'commander'
import { refOf } from '../../manifest/object.ts'
import type { CliContext, GlobalOptions } from '../context.ts'
import { CommandFailure } from '../failure.ts'
import { type CliKind, gitSource, kustomization } from '../kinds.ts'
import { summaryOf } from '../summary.ts'
import { mustFind, namespaceOf, withCluster } from './shared.ts'

interface DeleteOptions extends GlobalOptions {
  readonly silent?: boolean
}

async function deleteObject(context: CliContext, kind: CliKind, name: string, options: DeleteOptions): Promise<void> {
  const { terminal } = context
  const namespace = namespaceOf(options, context)
  await withCluster(context, options, async cluster => {
    const object = await mustFind(cluster, kind, namespace, name)
    if (options.silent !== true) {
      if (kind === kustomization && !summaryOf(kind, object).suspended)
        terminal.warn('this deletes the objects that the Kustomization has applied too')
      if (!(await context.confirm(`Are you sure you want to delete this ${kind.spoken}?`)))
        throw new CommandFailure('nothing was deleted; confirm with y, or use --silent')
    }
    terminal.doing(`deleting ${kind.spoken} ${name} in ${namespace} namespace`)
    await cluster.delete(refOf(object))
    terminal.done(`${kind.spoken} deleted`)
  })
}

/** `lockstep delete …`: deletes a source or a Kustomization, after a question. */
export function registerDelete(program: Command, context: CliContext): void {
  const parent = program.command('delete').description('Delete sources and Kustomizations')
  const add = (to: Command, name: string, kind: CliKind) =>
    to
      .command(`${name} <name>`)
      .description(`Delete a ${kind.gvk.kind}`)
      .option('-s, --silent', 'do not ask')
      .action((object: string, _: unknown, self: Command) =>
        deleteObject(context, kind, object, self.optsWithGlobals<DeleteOptions>()),
      )
  add(parent, 'kustomization', kustomization).alias('ks')
  add(parent.command('source').description('Delete sources'), 'git', gitSource)
}
