import type { Command } from 'commander'
import type { BuildFlags } from '../build/run-build.ts'
import type { CliContext, GlobalOptions } from '../context.ts'
import { CommandFailure } from '../failure.ts'

async function buildHere(context: CliContext, folder: string, flags: BuildFlags): Promise<void> {
  const { runBuild } = await import('../build/run-build.ts')
  const failure = await runBuild(context.terminal, folder, flags)
  if (failure !== undefined) throw new CommandFailure(failure)
}

interface BuildKustomizationOptions extends GlobalOptions {
  readonly path?: string
  readonly kustomizationFile?: string
  readonly dryRun?: boolean
}

/** `lockstep build DIR` and `lockstep build kustomization NAME --path DIR`. */
export function registerBuild(program: Command, context: CliContext): void {
  const build = program
    .command('build')
    .argument('[dir]', 'folder to build')
    .description('Render a folder, or a Kustomization with local files, to stdout')
    .option('-o, --output <path>', 'write into a file, or one file for each object into a folder')
    .option('--load-restrictor <name>', 'LoadRestrictionsNone lets files outside of the folder be read')
    .option('--enable-helm', 'render charts by the helm command')
    .option('--helm-command <command>', 'the helm command')
    .option('--reorder <order>', 'legacy sorts by kind, none keeps the order')
    .option('--enable-managedby-label', 'label everything with app.kubernetes.io/managed-by')
    .option('--no-remote-bases', 'refuse what lies in other repositories or on servers')
    .option(
      '--remote-hosts <hosts>',
      'hosts that these may come from, as in github.com,git.example.com; all by default',
    )
    .option('--time-limit <duration>', 'how long the build may take, as in 30s; 2m by default')
    .option('--as-current-user', 'not supported')
    .option('--explain <field>', 'tell where a field comes from: Deployment/web:spec.replicas')
    .action(async (folder: string | undefined, _: unknown, self: Command) => {
      await buildHere(context, folder ?? '.', self.optsWithGlobals<GlobalOptions & BuildFlags>())
    })
  build
    .command('kustomization <name>')
    .alias('ks')
    .description('Render a Kustomization with local files')
    .requiredOption('--path <dir>', 'local folder that stands for spec.path')
    .option('--kustomization-file <file>', 'take the Kustomization from a file instead of from the cluster')
    .option('--dry-run', 'use no cluster: needs --kustomization-file, and leaves substituteFrom out')
    .action(async (name: string, _: unknown, self: Command) => {
      const { buildKustomization } = await import('../build/build-kustomization.ts')
      await buildKustomization(context, name, self.optsWithGlobals<BuildKustomizationOptions & { path: string }>())
    })
}
