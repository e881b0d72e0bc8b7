import type { Command } from 'commander'
import type { GroupVersionKind, KubeObject } from '../../manifest/object.ts'
import type { CliContext, GlobalOptions } from '../context.ts'
import { conditionsOf } from '../summary.ts'
import { formatTable } from '../table.ts'
import { listKnown, namespaceOf, withCluster } from './shared.ts'

const source = (kind: string): GroupVersionKind => ({ group: 'source.toolkit.fluxcd.io', version: 'v1', kind })

/** Every kind that Flux knows, in its order; those that a cluster does not have count zero. */
const KINDS: readonly GroupVersionKind[] = [
  source('GitRepository'),
  source('OCIRepository'),
  source('HelmRepository'),
  source('HelmChart'),
  source('Bucket'),
  { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization' },
  { group: 'helm.toolkit.fluxcd.io', version: 'v2', kind: 'HelmRelease' },
  { group: 'notification.toolkit.fluxcd.io', version: 'v1beta3', kind: 'Alert' },
  { group: 'notification.toolkit.fluxcd.io', version: 'v1beta3', kind: 'Provider' },
  { group: 'notification.toolkit.fluxcd.io', version: 'v1', kind: 'Receiver' },
  { group: 'image.toolkit.fluxcd.io', version: 'v1', kind: 'ImageUpdateAutomation' },
  { group: 'image.toolkit.fluxcd.io', version: 'v1', kind: 'ImagePolicy' },
  { group: 'image.toolkit.fluxcd.io', version: 'v1', kind: 'ImageRepository' },
]

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** `375 B`, `8.9 KiB`: in powers of 1024, with one digit behind the point. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10))
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${UNITS[power]}`
}

function rowOf(kind: string, objects: readonly KubeObject[]): readonly string[] {
  const isSuspended = (object: KubeObject) => (object['spec'] as { suspend?: boolean } | undefined)?.suspend === true
  const suspended = objects.filter(isSuspended).length
  const failing = objects.filter(object =>
    conditionsOf(object).some(({ type, status }) => type === 'Ready' && status === 'False'),
  ).length
  const sizes = objects.map(
    object => (object['status'] as { artifact?: { size?: number } } | undefined)?.artifact?.size ?? 0,
  )
  const storage = sizes.reduce((sum, size) => sum + size, 0)
  const cells = [objects.length - suspended, failing, suspended].map(String)
  return [kind, ...cells, storage === 0 ? '-' : formatBytes(storage)]
}

/** `lockstep stats`: how many objects of each kind there are, and how they are. */
export function registerStats(program: Command, context: CliContext): void {
  program
    .command('stats')
    .description('Count objects by kind and state')
    .option('-A, --all-namespaces', 'count the objects of all namespaces')
    .action(async (_: unknown, self: Command) => {
      const options = self.optsWithGlobals<GlobalOptions & { allNamespaces?: boolean }>()
      const namespace = options.allNamespaces === true ? undefined : namespaceOf(options, context)
      await withCluster(context, options, async cluster => {
        const rows = await Promise.all(
          KINDS.map(async kind =>
            rowOf(kind.kind, await listKnown(cluster, kind, namespace === undefined ? {} : { namespace })),
          ),
        )
        context.terminal.out(formatTable(['RECONCILERS', 'RUNNING', 'FAILING', 'SUSPENDED', 'STORAGE'], rows))
      })
    })
}
