import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import type { ChartRunner } from './load.ts'
import type { ChartFiles, ChartRun } from './loader.ts'

const run = promisify(execFile)
const maxOutput = 256 * 1024 * 1024

/** Renders charts by the helm command (version 3 or 4), each in a folder of its own that is gone afterwards. */
export function helmCommand(command: string, options: { readonly timeoutMs?: number } = {}): ChartRunner {
  const helm = async (folder: string, args: readonly string[]): Promise<string> => {
    const env = {
      ...process.env,
      HELM_CONFIG_HOME: path.join(folder, 'helm'),
      HELM_CACHE_HOME: path.join(folder, 'helm', '.cache'),
      HELM_DATA_HOME: path.join(folder, 'helm', '.data'),
    }
    const limits = { env, maxBuffer: maxOutput, timeout: options.timeoutMs ?? 120_000 }
    try {
      return (await run(command, args, limits)).stdout
    } catch (error) {
      const { stderr } = error as { stderr?: string }
      throw new Error(`${stderr ?? ''}: unable to run: '${command} ${args.join(' ')}' (is '${command}' installed?)`, {
        cause: error,
      })
    }
  }
  return {
    pull: chart =>
      inFolder(async folder => {
        const target = path.join(folder, 'charts')
        const from = chart.repo.startsWith('oci://')
          ? [`${chart.repo.replace(/\/$/, '')}/${chart.name}`]
          : ['--repo', chart.repo, chart.name]
        const version = chart.version === '' ? [] : ['--version', chart.version]
        const devel = chart.devel ? ['--devel'] : []
        await helm(folder, ['pull', '--untar', '--untardir', target, ...from, ...version, ...devel])
        return readFiles(path.join(target, chart.name))
      }),
    template: chart =>
      inFolder(async folder => {
        const home = path.join(folder, 'charts', chart.name)
        await writeFiles(home, chart.files)
        const values = await writeValues(folder, chart)
        const name = chart.releaseName === '' ? '--generate-name' : chart.releaseName
        return helm(folder, ['template', name, home, ...values.flatMap(file => ['-f', file]), ...chart.arguments])
      }),
  }
}

async function inFolder<T>(step: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lockstep-helm-'))
  try {
    return await step(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function writeValues(folder: string, chart: ChartRun): Promise<string[]> {
  const files = [chart.values, ...chart.additionalValues]
  return Promise.all(
    files.map(async (content, i) => {
      const file = path.join(folder, `values-${i}.yaml`)
      await writeFile(file, content)
      return file
    }),
  )
}

async function writeFiles(folder: string, files: ChartFiles): Promise<void> {
  for (const [name, bytes] of files) {
    const file = path.join(folder, name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, bytes)
  }
}

async function readFiles(folder: string): Promise<ChartFiles> {
  const files = new Map<string, Uint8Array>()
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = path.join(entry.parentPath, entry.name)
    files.set(path.relative(folder, file).split(path.sep).join('/'), await readFile(file))
  }
  return files
}
