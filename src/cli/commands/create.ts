import type { Command } from 'commander'
import { type KubeObject, refOf } from '../../manifest/object.ts'
import type { CliContext, GlobalOptions } from '../context.ts'
import { collect } from '../create/flags.ts'
import { type GitRepositoryFlags, gitRepositoryFrom } from '../create/git-repository.ts'
import { type KustomizationFlags, kustomizationFrom } from '../create/kustomization.ts'
import { type CliKind, gitSource, kustomization } from '../kinds.ts'
import { summaryOf } from '../summary.ts'
import { exportText } from './export.ts'
import { namespaceOf, withCluster } from './shared.ts'
import { waitUntilReady } from './wait-ready.ts'

type CreateOptions = GlobalOptions & { readonly export?: boolean }

/** Puts the object into the cluster and waits until it is ready, or prints it. */
async function create(context: CliContext, kind: CliKind, object: KubeObject, options: CreateOptions): Promise<void> {
  const { terminal } = context
  if (options.export === true) return terminal.out(exportText([object]))
  const spoken = kind === gitSource ? 'GitRepository source' : kind.gvk.kind
  await withCluster(context, options, async cluster => {
    const existing = await cluster.get(refOf(object))
    terminal.doing(`applying ${spoken}`)
    const applied =
      existing === undefined
        ? await cluster.create(object, { fieldManager: 'flux' })
        : await cluster.update(
            {
              ...existing,
              metadata: { ...existing.metadata, labels: { ...existing.metadata.labels, ...object.metadata.labels } },
              spec: object['spec'],
            },
            { fieldManager: 'flux' },
          )
    terminal.done(`${spoken} ${existing === undefined ? 'created' : 'updated'}`)
    terminal.waiting(`waiting for ${spoken} reconciliation`)
    const ready = await waitUntilReady(cluster, applied, { timeout: options.timeout, signal: context.signal })
    terminal.done(`${kind.gvk.kind} ${object.metadata.name} is ready`)
    terminal.done(`${kind === gitSource ? 'fetched' : 'applied'} revision: ${summaryOf(kind, ready).revision}`)
  })
}

function withCommonOptions(command: Command): Command {
  return command
    .option('--interval <duration>', 'how often everything is checked', '1m')
    .option('--label <key=value>', 'label to set; several times, or separated by commas', collect)
    .option('--export', 'print the object instead of creating it')
}

function registerSourceGit(parent: Command, context: CliContext): void {
  const command = parent
    .command('source')
    .description('Create or update sources')
    .command('git <name>')
    .description('Create or update a GitRepository')
    .option('--url <url>', 'address of the repository')
    .option('--branch <name>', 'branch to follow')
    .option('--tag <name>', 'tag to take')
    .option('--tag-semver <range>', 'range of versions; the highest tag in it is taken')
    .option('--ref-name <name>', 'full name of a reference, such as refs/pull/1/head')
    .option('--commit <sha>', 'commit to stay at')
    .option('--secret-ref <name>', 'Secret with credentials')
    .option('--proxy-secret-ref <name>', 'Secret with the address of a proxy')
    .option('--provider <name>', 'how to authenticate: generic, aws, azure, github')
    .option('--ignore-paths <paths>', 'paths to leave out, in the syntax of .gitignore', collect)
    .option('--sparse-checkout-paths <paths>', 'folders to take', collect)
    .option('--recurse-submodules', 'fetch submodules too')
  withCommonOptions(command).action(async (name: string, _: unknown, self: Command) => {
    const options = self.optsWithGlobals<CreateOptions & GitRepositoryFlags>()
    await create(context, gitSource, gitRepositoryFrom(name, namespaceOf(options, context), options), options)
  })
}

function registerKustomization(parent: Command, context: CliContext): void {
  const command = parent
    .command('kustomization <name>')
    .alias('ks')
    .description('Create or update a Kustomization')
    .option('--source <ref>', 'where the files come from: [Kind/]name[.namespace]')
    .option('--path <dir>', 'folder of the source', './')
    .option('--prune', 'delete what is no longer in the source')
    .option('--wait', 'wait for the health of every object', false)
    .option('--no-wait', 'do not wait for it')
    .option('--force', 'delete and create again what cannot be changed')
    .option('--retry-interval <duration>', 'how long to wait after a failure')
    .option('--health-check <ref>', 'object to wait for: kind/name.namespace', collect)
    .option('--health-check-timeout <duration>', 'how long to wait for health', '2m')
    .option('--depends-on <names>', 'Kustomizations that must be ready first: [namespace/]name', collect)
    .option('--target-namespace <name>', 'namespace of everything')
    .option('--service-account <name>', 'ServiceAccount to act as')
    .option('--kubeconfig-secret-ref <name>', 'Secret with the kubeconfig of another cluster')
    .option('--decryption-provider <name>', 'how Secrets are decrypted: sops')
    .option('--decryption-secret <name>', 'Secret with the keys')
  withCommonOptions(command).action(async (name: string, _: unknown, self: Command) => {
    const options = self.optsWithGlobals<CreateOptions & KustomizationFlags>()
    await create(context, kustomization, kustomizationFrom(name, namespaceOf(options, context), options), options)
  })
}

/** `lockstep create …`: makes sources and Kustomizations, or prints them for Git. */
export function registerCreate(program: Command, context: CliContext): void {
  const parent = program.command('create').description('Create or update sources and Kustomizations')
  registerSourceGit(parent, context)
  registerKustomization(parent, context)
}
