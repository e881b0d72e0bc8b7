import type { Command } from 'commander'
import type { Kustomization } from '../../api/kustomization.ts'
import type { CliContext, GlobalOptions } from '../context.ts'
import { CommandFailure } from '../failure.ts'
import { kustomization as kustomizationKind } from '../kinds.ts'
import { findObject } from '../trace/find-object.ts'
import { traceText } from '../trace/report.ts'
import { mustFind, namespaceOf, withCluster } from './shared.ts'

interface TraceOptions extends GlobalOptions {
  readonly kind?: string
  readonly apiVersion?: string
}

const LABEL = 'kustomize.toolkit.fluxcd.io'

/** `lockstep trace deployment NAME`: where an object on the cluster comes from. */
export function registerTrace(program: Command, context: CliContext): void {
  program
    .command('trace <resource> [name]')
    .description('Show which Kustomization, source and commit an object comes from')
    .option('--kind <kind>', 'kind of the object')
    .option('--api-version <version>', 'API version of the object, such as apps/v1')
    .action(async (first: string, second: string | undefined, _: unknown, self: Command) => {
      const options = self.optsWithGlobals<TraceOptions>()
      const words = second === undefined ? [first] : [first, second]
      await withCluster(context, options, async cluster => {
        const wanted = { words, kind: options.kind, apiVersion: options.apiVersion }
        const object = await findObject(cluster, wanted, namespaceOf(options, context))
        const { labels = {} } = object.metadata
        const [name, namespace = ''] = [labels[`${LABEL}/name`], labels[`${LABEL}/namespace`]]
        if (name === undefined)
          throw new CommandFailure(
            `${object.kind}/${object.metadata.name} is not managed: it has no label ${LABEL}/name`,
          )
        const kustomization = (await mustFind(cluster, kustomizationKind, namespace, name)) as Kustomization
        const { kind, name: sourceName, namespace: at = namespace } = kustomization.spec.sourceRef
        const ref = { group: 'source.toolkit.fluxcd.io', version: 'v1', kind, name: sourceName, namespace: at }
        context.terminal.out(traceText({ object, kustomization, source: await cluster.get(ref) }))
      })
    })
}
