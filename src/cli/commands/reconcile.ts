import type { Command } from 'commander'
import type { KubeClient } from '../../kube/client-types.ts'
import { isObject, type JsonValue } from '../../manifest/json.ts'
import { type KubeObject, refOf } from '../../manifest/object.ts'
import type { CliContext, GlobalOptions } from '../context.ts'
import { CommandFailure } from '../failure.ts'
import { type CliKind, cliKinds, gitSource, kustomization } from '../kinds.ts'
import { summaryOf } from '../summary.ts'
import { mustGet, namespaceOf, withCluster } from './shared.ts'
import { waitUntilReady } from './wait-ready.ts'

const REQUESTED_AT = 'reconcile.fluxcd.io/requestedAt'

interface ReconcileOptions extends GlobalOptions {
  readonly withSource?: boolean
}

function statusOf(object: KubeObject): Record<string, JsonValue | undefined> {
  const status = object['status'] as JsonValue | undefined
  return isObject(status) ? status : {}
}

/** Asks for a reconciliation and waits for its end. */
async function reconcile(
  cluster: KubeClient,
  kind: CliKind,
  object: KubeObject,
  context: CliContext,
  timeout: string,
): Promise<void> {
  const { name, namespace = '' } = object.metadata
  const { terminal } = context
  if (summaryOf(kind, object).suspended) {
    const resume = `lockstep resume ${kind.spoken} ${name} -n ${namespace}`
    throw new CommandFailure(`resource is suspended; resume it with: ${resume}`)
  }
  const token = context.clock().toISOString()
  terminal.doing(`annotating ${kind.gvk.kind} ${name} in ${namespace} namespace`)
  const patch = { metadata: { annotations: { [REQUESTED_AT]: token } } }
  const requested = await cluster.patch(refOf(object), patch, { type: 'merge', fieldManager: 'flux' })
  terminal.done(`${kind.gvk.kind} annotated`)
  terminal.waiting(`waiting for ${kind.gvk.kind} reconciliation`)
  const done = await waitUntilReady(cluster, requested, {
    timeout,
    signal: context.signal,
    isDone: each => statusOf(each)['lastHandledReconcileAt'] === token,
  })
  const { revision } = summaryOf(kind, done)
  const verb = kind === gitSource ? 'fetched' : 'applied'
  terminal.done(`${verb} revision ${revision}`)
}

async function sourceOf(cluster: KubeClient, object: KubeObject): Promise<KubeObject> {
  const { kind, name, namespace } = (
    object['spec'] as { sourceRef: { kind: string; name: string; namespace?: string } }
  ).sourceRef
  const source = cliKinds.find(each => each.gvk.kind === kind)
  if (source === undefined) throw new CommandFailure(`sources of kind ${kind} cannot be reconciled from here`)
  return await mustGet(cluster, source, namespace ?? object.metadata.namespace ?? '', name)
}

/** `lockstep reconcile source git NAME`, `lockstep reconcile kustomization NAME [--with-source]`. */
export function registerReconcile(program: Command, context: CliContext): void {
  const parent = program.command('reconcile').description('Reconcile now, and wait for the result')
  const run = async (kind: CliKind, name: string, options: ReconcileOptions) =>
    await withCluster(context, options, async cluster => {
      const object = await mustGet(cluster, kind, namespaceOf(options, context), name)
      if (options.withSource === true) {
        await reconcile(cluster, gitSource, await sourceOf(cluster, object), context, options.timeout)
      }
      await reconcile(cluster, kind, object, context, options.timeout)
    })
  parent
    .command('kustomization <name>')
    .alias('ks')
    .description('Apply a Kustomization again')
    .option('--with-source', 'fetch its source first')
    .action((name: string, _: unknown, command: Command) => run(kustomization, name, command.optsWithGlobals()))
  parent
    .command('source')
    .description('Fetch a source again')
    .command('git <name>')
    .description('Fetch a GitRepository again')
    .action((name: string, _: unknown, command: Command) => run(gitSource, name, command.optsWithGlobals()))
}
