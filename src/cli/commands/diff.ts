import type { Command } from 'commander'
import type { CliContext } from '../context.ts'

/** `lockstep diff [DIR] [--rev REV]` and `lockstep diff kustomization NAME --path DIR`. */
export function registerDiff(program: Command, context: CliContext): void {
  const diff = program
    .command('diff')
    .argument('[dir]', 'clone of the repository')
    .description('Show what local files or a commit would change on the cluster; exits 1 when something would')
    .option('--rev <rev>', 'a commit, branch or tag of the clone instead of its files')
    .option('--source <name>', 'GitRepository that stands for the clone')
    .option('-o, --output <format>', 'json or yaml')
    .action(async (folder: string | undefined, _: unknown, self: Command) => {
      const { diffRepository } = await import('../diff/run-diff.ts')
      await diffRepository(context, folder ?? '.', self.optsWithGlobals())
    })
  diff
    .command('kustomization <name>')
    .alias('ks')
    .description('Show what a local folder would change as the files of one Kustomization')
    .requiredOption('--path <dir>', 'local folder that stands for spec.path')
    .option('--kustomization-file <file>', 'take the Kustomization from a file instead of from the cluster')
    .option('-o, --output <format>', 'json or yaml')
    .action(async (name: string, _: unknown, self: Command) => {
      const { diffKustomization } = await import('../diff/run-diff.ts')
      await diffKustomization(context, name, self.optsWithGlobals())
    })
}
