import type { Terminal } from '../terminal.ts'
import { buildFolder, type FolderFlags, millisecondsOf } from './build-folder.ts'
import { describeProblem, filesSeenFrom } from './place.ts'

export interface BuildFlags extends FolderFlags {
  /** A file, or a folder that gets one file for each object. */
  readonly output?: string
  /** Field that is told about instead of printing the objects, as in `Deployment/web:spec.replicas`. */
  readonly explain?: string
  readonly asCurrentUser?: boolean
}

const RESTRICTORS = ['LoadRestrictionsRootOnly', 'LoadRestrictionsNone']

/** What is wrong with the flags or the folder, and what to do; undefined where nothing is. */
async function wrongUse(folder: string, flags: BuildFlags): Promise<string | undefined> {
  const { asCurrentUser, loadRestrictor, reorder, timeLimit } = flags
  if (asCurrentUser === true)
    return '--as-current-user is not supported: function containers are never run; leave it out'
  if (loadRestrictor !== undefined && !RESTRICTORS.includes(loadRestrictor))
    return `--load-restrictor: illegal value '${loadRestrictor}'; use ${RESTRICTORS.join(' or ')}`
  if (reorder !== undefined && reorder !== 'none' && reorder !== 'legacy')
    return `--reorder: illegal value '${reorder}'; use legacy or none`
  if (timeLimit !== undefined && ((await millisecondsOf(timeLimit)) ?? 0) <= 0)
    return `--time-limit: '${timeLimit}' is no duration; write it as 30s or 2m`
  const stats = process.getBuiltinModule('node:fs').statSync(folder, { throwIfNoEntry: false })
  if (stats === undefined) return `${folder}: no such folder; give one that is there`
  if (!stats.isDirectory()) return `${folder}: not a folder; give the folder of the file`
  return undefined
}

/**
 * `lockstep build DIR`: the objects on `out`, or in the files of `output`, or the history of a field. Problems go to `err`.
 * Gives what to fail with: a message, or an empty text where all has been said; undefined where it went well. Rejects where
 * the output cannot be written or the question about a field makes no sense.
 */
export async function runBuild(
  terminal: Pick<Terminal, 'out' | 'err'>,
  folder: string,
  flags: BuildFlags,
): Promise<string | undefined> {
  const wrong = await wrongUse(folder, flags)
  if (wrong !== undefined) return wrong
  const built = await buildFolder(folder, flags)
  const nameFile = filesSeenFrom(built.root, process.cwd())
  for (const warning of built.warnings) terminal.err(`${warning}\n`)
  for (const diagnostic of built.diagnostics) terminal.err(`${describeProblem(diagnostic, nameFile, built.file)}\n`)
  if (built.diagnostics.some(({ severity }) => severity === 'error')) return ''
  if (flags.explain !== undefined) {
    const { explainField, parseQuestion } = await import('./explain.ts')
    terminal.out(explainField(built.objects, parseQuestion(flags.explain), built.explain, nameFile))
  } else if (flags.output !== undefined) {
    const { writeBuild } = await import('./write.ts')
    await writeBuild(flags.output, built.yaml, built.objects)
  } else terminal.out(built.yaml)
  return undefined
}
