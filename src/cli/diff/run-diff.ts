import { formatRef, refOf } from '../../manifest/object.ts'
import { toYaml } from '../../manifest/yaml/to-yaml.ts'
import { type LocalFlags, localKustomization } from '../build/build-kustomization.ts'
import { namespaceOf, withCluster } from '../commands/shared.ts'
import type { CliContext, GlobalOptions } from '../context.ts'
import { CommandFailure } from '../failure.ts'
import { chooseSource, diffSource } from './diff-source.ts'
import { artifactOf, findClone, withTree } from './local-source.ts'
import { createPreviewer } from './previewer.ts'
import { countChanges, diffJson, diffText, hasChanges, type KustomizationDiff } from './print.ts'

export interface DiffOptions extends GlobalOptions {
  readonly rev?: string
  readonly source?: string
  readonly output?: string
}

/** Exit code for differences is 1, so that errors have another. */
const ERROR = 2

/** Errors of every kind end with more than 1, which would say that there are differences. */
async function withErrorCode(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (error instanceof CommandFailure) throw error.exitCode === 1 && error.message !== '' ? failure(error) : error
    throw failure(error)
  }
}

function failure(error: unknown): CommandFailure {
  const { message } = error instanceof Error ? error : new Error(String(error))
  return new CommandFailure(message, ERROR, { cause: error })
}

/** The problems of a Kustomization under its name; one by itself needs no heading. */
function describeProblems({ kustomization, problems }: KustomizationDiff, _: number, all: readonly unknown[]) {
  const heading = all.length === 1 ? '' : `${formatRef(refOf(kustomization))}: `
  return problems.map(problem => `${heading}${problem}`)
}

function finish(context: CliContext, diffs: readonly KustomizationDiff[], output: string | undefined): void {
  const { terminal } = context
  if (output === 'json') terminal.out(`${JSON.stringify(diffJson(diffs), null, 2)}\n`)
  if (output === 'yaml') terminal.out(toYaml(diffJson(diffs)))
  const problems = diffs.flatMap(describeProblems)
  if (problems.length > 0) throw new CommandFailure(problems.join('\n'), ERROR)
  if (diffs.some(hasChanges)) {
    terminal.warn(countChanges(diffs))
    throw new CommandFailure('', 1)
  }
  terminal.done('nothing would change')
}

function checkOutput(output: string | undefined): void {
  if (output !== undefined && output !== 'json' && output !== 'yaml')
    throw new CommandFailure(`there is no output format '${output}'; there are json and yaml`, ERROR)
}

/** `lockstep diff kustomization NAME --path DIR`. */
export async function diffKustomization(
  context: CliContext,
  name: string,
  options: LocalFlags & { readonly output?: string },
): Promise<void> {
  await withErrorCode(async () => {
    checkOutput(options.output)
    const namespace = namespaceOf(options, context)
    await withCluster(context, options, async cluster => {
      const { kustomization, locate, tree } = await localKustomization(name, namespace, options, cluster)
      const previewer = createPreviewer(cluster)
      try {
        const { changes, problems } = await previewer.preview(kustomization, { revision: 'working tree', tree })
        const diff = { kustomization, changes, problems: problems.map(locate) }
        if (options.output === undefined) context.terminal.out(diffText(diff, false))
        finish(context, [diff], options.output)
      } finally {
        await previewer.close()
      }
    })
  })
}

/** `lockstep diff [DIR] [--rev REV]`: every Kustomization that takes its files from the repository. */
export async function diffRepository(context: CliContext, folder: string, options: DiffOptions): Promise<void> {
  await withErrorCode(async () => {
    checkOutput(options.output)
    const clone = await findClone(folder)
    await withCluster(context, options, async cluster => {
      const scope = { namespace: namespaceOf(options, context), name: options.source }
      const source = await chooseSource(cluster, clone, scope)
      const what = options.rev === undefined ? `the files in ${clone.root}` : `commit ${options.rev} of ${clone.root}`
      context.terminal.doing(`comparing ${what} with what GitRepository ${source.metadata.name} is applied as`)
      const previewer = createPreviewer(cluster)
      try {
        await withTree(clone, options.rev, async tree => {
          const diffs: KustomizationDiff[] = []
          for await (const diff of diffSource(cluster, previewer, source, await artifactOf(tree, source))) {
            diffs.push(diff)
            if (diff.kustomization.spec.suspend === true)
              context.terminal.warn(
                `${formatRef(refOf(diff.kustomization))} is suspended: it changes nothing before it is resumed`,
              )
            if (options.output === undefined) context.terminal.out(diffText(diff, true))
          }
          if (diffs.length === 0)
            throw new CommandFailure(
              `no Kustomization takes its files from GitRepository ${source.metadata.name}`,
              ERROR,
            )
          finish(context, diffs, options.output)
        })
      } finally {
        await previewer.close()
      }
    })
  })
}
