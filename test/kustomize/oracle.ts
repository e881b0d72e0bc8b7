import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Tree } from '../../src/manifest/tree.ts'
import { helmCommand } from '../../src/render/kustomize/helm-command.ts'
import { kustomizeBuild } from '../../src/render/kustomize/kustomize.ts'
import { cacheRoot } from '../cluster/cache.ts'

/** The real kustomize, as `npm run cluster -- tools` builds it from its pinned Go module; undefined where it is not there. */
export function kustomizeBinary(): string | undefined {
  const file = path.join(cacheRoot(), 'tools', 'kustomize')
  return existsSync(file) ? file : undefined
}

export interface Outcome {
  readonly yaml: string
  /** What went wrong, without warnings and addresses; undefined where nothing did. */
  readonly error: string | undefined
}

export interface OracleOptions {
  readonly reorder?: 'none' | 'legacy'
  readonly loadRestrictor?: 'none'
  /** The helm command; without one charts are refused. */
  readonly helmCommand?: string
}

/** What the real kustomize prints for a directory. */
export async function buildByBinary(binary: string, folder: string, options: OracleOptions = {}): Promise<Outcome> {
  const args = ['build', folder]
  if (options.reorder !== undefined) args.push('--reorder', options.reorder)
  if (options.loadRestrictor === 'none') args.push('--load-restrictor', 'LoadRestrictionsNone')
  if (options.helmCommand !== undefined) args.push('--enable-helm', '--helm-command', options.helmCommand)
  return new Promise(resolve => {
    const env = { PATH: process.env['PATH'], HOME: '/nonexistent' }
    execFile(binary, args, { maxBuffer: 2 ** 28, timeout: 60_000, env }, (failure, stdout, stderr) => {
      resolve(failure === null ? { yaml: stdout, error: undefined } : { yaml: '', error: essence(stderr) })
    })
  })
}

/** What Lockstep gives for the same directory; `rootName` is where the tree's root is, for messages. */
export async function buildNatively(
  tree: Tree,
  at: string,
  rootName: string,
  options: OracleOptions = {},
): Promise<Outcome> {
  const { helmCommand: helm, ...others } = options
  const charts = helm === undefined ? {} : { helm: true, charts: helmCommand(helm) }
  const result = await kustomizeBuild(tree, at, { rootName, ...others, ...charts })
  return { yaml: result.yaml, error: result.errorText?.trim() }
}

/** An address in memory; shorter ones may be part of the folder's name, which is at random. */
const POINTER = /0x[0-9a-f]{8,}/g
const noise = /^(# Warning|Flag --reorder|\d{4}\/\d\d\/\d\d )/

function essence(stderr: string): string {
  return stderr
    .split('\n')
    .filter(line => !noise.test(line))
    .join('\n')
    .replace(/^Error: /, '')
    .replaceAll(POINTER, '<PTR>')
    .trim()
}

/** Writes files into a new folder for as long as the step runs. */
export async function inFolder<T>(
  files: Readonly<Record<string, string | Uint8Array>>,
  step: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'lockstep-kustomize-')))
  try {
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(folder, name)
      await mkdir(path.dirname(file), { recursive: true })
      await writeFile(file, content)
    }
    return await step(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
