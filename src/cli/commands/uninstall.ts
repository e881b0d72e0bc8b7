import type { Command } from 'commander'
import type { KubeClient } from '../../kube/client-types.ts'
import { formatRef, type GroupVersionKind, type KubeObject, refOf } from '../../manifest/object.ts'
import type { CliContext, GlobalOptions } from '../context.ts'
import { CommandFailure } from '../failure.ts'
import { listKnown, namespaceOf, withCluster } from './shared.ts'

interface UninstallOptions extends GlobalOptions {
  readonly keepNamespace?: boolean
  readonly silent?: boolean
  readonly dryRun?: boolean
}

const PART_OF = 'app.kubernetes.io/part-of=flux'

const NAMESPACED: readonly GroupVersionKind[] = [
  { group: 'apps', version: 'v1', kind: 'Deployment' },
  { group: '', version: 'v1', kind: 'Service' },
  { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy' },
  { group: 'policy', version: 'v1', kind: 'PodDisruptionBudget' },
  { group: '', version: 'v1', kind: 'ResourceQuota' },
  { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'RoleBinding' },
  { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'Role' },
  { group: '', version: 'v1', kind: 'ServiceAccount' },
]
const CLUSTER_WIDE: readonly GroupVersionKind[] = [
  { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRoleBinding' },
  { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole' },
]
const DEFINITION: GroupVersionKind = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
}

interface Definition extends KubeObject {
  readonly spec: {
    readonly group: string
    readonly names: { readonly kind: string }
    readonly versions: readonly { readonly name: string; readonly storage: boolean }[]
  }
}

function kindOf({ spec }: Definition): GroupVersionKind {
  const stored = spec.versions.find(({ storage }) => storage) ?? spec.versions[0]
  return { group: spec.group, version: stored?.name ?? 'v1', kind: spec.names.kind }
}

/**
 * `lockstep uninstall`: takes the engine away first, so that nothing reacts any more, then the finalizers of its objects, so
 * that their deletion deletes nothing else, then CRDs and with them the objects, then the namespace. What was applied stays.
 */
export function registerUninstall(program: Command, context: CliContext): void {
  program
    .command('uninstall')
    .description('Remove Lockstep and its objects from a cluster; what it applied stays')
    .option('--keep-namespace', 'leave the namespace')
    .option('-s, --silent', 'do not ask')
    .option('--dry-run', 'only tell what would be removed')
    .action(async (_: unknown, self: Command) => {
      const options = self.optsWithGlobals<UninstallOptions>()
      const asks = options.dryRun !== true && options.silent !== true
      if (
        asks &&
        !(await context.confirm('Are you sure you want to remove Lockstep and its custom resource definitions?'))
      )
        throw new CommandFailure('nothing was removed; confirm with y, or use --silent')
      await withCluster(context, options, cluster => uninstall(cluster, context, options))
    })
}

async function uninstall(cluster: KubeClient, context: CliContext, options: UninstallOptions): Promise<void> {
  const { terminal } = context
  const namespace = namespaceOf(options, context)
  const suffix = options.dryRun === true ? ' (dry run)' : ''
  const remove = async (object: KubeObject) => {
    if (options.dryRun !== true) await cluster.delete(refOf(object), { propagation: 'Foreground' })
    terminal.done(`${formatRef(refOf(object))} deleted${suffix}`)
  }

  terminal.doing(`deleting components in ${namespace} namespace`)
  for (const kind of NAMESPACED)
    for (const object of await listKnown(cluster, kind, { namespace, labelSelector: PART_OF })) await remove(object)

  const instance = `${PART_OF},app.kubernetes.io/instance=${namespace}`
  for (const kind of CLUSTER_WIDE)
    for (const object of await listKnown(cluster, kind, { labelSelector: instance })) await remove(object)

  const definitions = (await listKnown(cluster, DEFINITION, { labelSelector: PART_OF })) as readonly Definition[]
  terminal.doing('deleting finalizers in all namespaces')
  for (const definition of definitions) {
    for (const object of await listKnown(cluster, kindOf(definition), {})) {
      if ((object.metadata.finalizers ?? []).length === 0) continue
      const write = { type: 'merge', fieldManager: 'flux' } as const
      if (options.dryRun !== true) await cluster.patch(refOf(object), { metadata: { finalizers: null } }, write)
      terminal.done(`${formatRef(refOf(object))} finalizers deleted${suffix}`)
    }
  }

  terminal.doing('deleting custom resource definitions')
  for (const definition of definitions) await remove(definition)

  if (options.keepNamespace !== true) {
    const found = await cluster.get({ group: '', version: 'v1', kind: 'Namespace', namespace: '', name: namespace })
    if (found !== undefined) await remove(found)
  }
  terminal.done(options.dryRun === true ? 'uninstall dry run finished; nothing was removed' : 'uninstall finished')
}
