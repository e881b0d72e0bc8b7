import type { Command } from 'commander'
import type { FolderFlags } from '../build/build-folder.ts'
import type { CliContext, GlobalOptions } from '../context.ts'
import { CommandFailure } from '../failure.ts'

interface BuildOptions extends GlobalOptions, FolderFlags {
  readonly output?: string
  readonly explain?: string
  readonly asCurrentUser?: boolean
}

const RESTRICTORS = ['LoadRestrictionsRootOnly', 'LoadRestrictionsNone']

function checkFlags({ asCurrentUser, loadRestrictor, reorder }: BuildOptions): void {
  if (asCurrentUser === true)
    throw new CommandFailure('--as-current-user is not supported: function containers are never run; leave it out')
  if (loadRestrictor !== undefined && !RESTRICTORS.includes(loadRestrictor))
    throw new CommandFailure(`--load-restrictor: illegal value '${loadRestrictor}'; use ${RESTRICTORS.join(' or ')}`)
  if (reorder !== undefined && reorder !== 'none' && reorder !== 'legacy')
    throw new CommandFailure(`--reorder: illegal value '${reorder}'; use legacy or none`)
}

async function runBuild(context: CliContext, folder: string, options: BuildOptions): Promise<void> {
  checkFlags(options)
  const [{ buildFolder }, place, { existsSync, statSync }] = await Promise.all([
    import('../build/build-folder.ts'),
    import('../build/place.ts'),
    import('node:fs'),
  ])
  if (!existsSync(folder)) throw new CommandFailure(`${folder}: no such folder; give one that is there`)
  if (!statSync(folder).isDirectory()) throw new CommandFailure(`${folder}: not a folder; give the folder of the file`)
  const built = await buildFolder(folder, options)
  const nameFile = place.filesSeenFrom(built.root, process.cwd())
  for (const warning of built.warnings) context.terminal.err(`${warning}\n`)
  for (const diagnostic of built.diagnostics)
    context.terminal.err(`${place.describeProblem(diagnostic, nameFile, built.file)}\n`)
  if (built.diagnostics.some(({ severity }) => severity === 'error')) throw new CommandFailure('')
  if (options.explain !== undefined) {
    const { explainField, parseQuestion } = await import('../build/explain.ts')
    context.terminal.out(explainField(built.objects, parseQuestion(options.explain), built.explain, nameFile))
  } else if (options.output !== undefined) {
    const { writeBuild } = await import('../build/write.ts')
    await writeBuild(options.output, built.yaml, built.objects)
  } else context.terminal.out(built.yaml)
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
    .option('--as-current-user', 'not supported')
    .option('--explain <field>', 'tell where a field comes from: Deployment/web:spec.replicas')
    .action(async (folder: string | undefined, _: unknown, self: Command) => {
      await runBuild(context, folder ?? '.', self.optsWithGlobals<BuildOptions>())
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
