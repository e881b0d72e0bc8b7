import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { CommandFailure } from './failure.ts'

const run = promisify(execFile)

interface GitOptions {
  readonly env?: NodeJS.ProcessEnv
  /** Exit code of the command where git fails. */
  readonly exitCode?: number
}

/**
 * Runs the user's own git in a folder, with the user's configuration; gives what it printed, without the last line's end.
 * Rejects with a `CommandFailure` that quotes what git said.
 */
export async function git(folder: string, args: readonly string[], options: GitOptions = {}): Promise<string> {
  const { env = {}, exitCode = 1 } = options
  try {
    const { stdout } = await run('git', [...args], {
      cwd: folder,
      env: { ...process.env, ...env },
      maxBuffer: 64 * 1024 * 1024,
    })
    return stdout.trim()
  } catch (error) {
    const { code, message, stderr = '' } = error as Error & { code?: unknown; stderr?: string }
    if (code === 'ENOENT') throw new CommandFailure('git is not installed; install it and try again', exitCode)
    const command = args.find((arg, index) => !arg.startsWith('-') && args[index - 1] !== '-c')
    throw new CommandFailure(`git ${command} in ${folder} failed: ${stderr.trim() || message}`, exitCode)
  }
}
