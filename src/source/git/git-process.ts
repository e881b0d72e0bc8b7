import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'

/** One call of git. Nothing secret may stand in `args`: every user of the machine can see them. */
export interface GitCall {
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly input?: string
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Bytes of output after which the process is killed; default 64 MiB. */
  readonly maxOutput?: number
}

export interface GitOutput {
  readonly stdout: Buffer
  readonly stderr: string
}

/** Why a call gave nothing: it ended with an exit code, or was ended (timeout, abort, too much output), or never began. */
export type GitFailureKind = 'exit' | 'timeout' | 'aborted' | 'output-limit' | 'not-installed'

/** Rejection of a git call. `stderr` is what git said, without progress lines. */
export class GitError extends Error {
  override readonly name = 'GitError'
  readonly kind: GitFailureKind
  readonly stderr: string

  constructor(kind: GitFailureKind, message: string, stderr = '') {
    super(message)
    this.kind = kind
    this.stderr = stderr
  }
}

/**
 * Runs git to its end. Rejects with a `GitError` on a non-zero exit, timeout, abort, or too much output; the whole process
 * group (transport helpers, ssh) is killed then.
 */
export async function runGit(call: GitCall): Promise<GitOutput> {
  if (call.signal?.aborted) throw new GitError('aborted', 'git was not started: the operation was cancelled')
  const child = spawnGit(call)
  return new Promise((resolve, reject) => {
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    let size = 0
    let ended: GitError | undefined
    const end = (kind: GitFailureKind, message: string) => {
      ended ??= new GitError(kind, message, text(stderr))
      killGroup(child)
    }
    const onAbort = () => end('aborted', `git ${call.args[0]} was cancelled`)
    const timer =
      call.timeoutMs === undefined
        ? undefined
        : setTimeout(() => end('timeout', `git ${call.args[0]} took longer than ${call.timeoutMs} ms`), call.timeoutMs)
    call.signal?.addEventListener('abort', onAbort, { once: true })
    const limit = call.maxOutput ?? 64 * 1024 * 1024
    const collect = (parts: Buffer[]) => (chunk: Buffer) => {
      size += chunk.byteLength
      if (size > limit) end('output-limit', `git ${call.args[0]} wrote more than ${limit} bytes`)
      else parts.push(chunk)
    }
    child.stdout.on('data', collect(stdout))
    child.stderr.on('data', collect(stderr))
    // A process that ends early closes its input; the exit code tells why.
    child.stdin.on('error', () => {})
    child.stdin.end(call.input ?? '')
    const settle = () => {
      clearTimeout(timer)
      call.signal?.removeEventListener('abort', onAbort)
    }
    child.on('error', error => {
      settle()
      reject(new GitError('not-installed', `git could not be started: ${error.message}`))
    })
    child.on('close', code => {
      settle()
      if (ended !== undefined) reject(ended)
      else if (code === 0) resolve({ stdout: Buffer.concat(stdout), stderr: text(stderr) })
      else reject(new GitError('exit', `git ${call.args[0]} ended with code ${code}`, text(stderr)))
    })
  })
}

/** Starts git in a process group of its own, with exactly the given environment. */
export function spawnGit(call: Pick<GitCall, 'args' | 'cwd' | 'env'>): ChildProcessWithoutNullStreams {
  return spawn('git', call.args, { cwd: call.cwd, env: call.env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
}

/** Ends the process and whatever it started: first so that git can take its lock files away, a second later for good. */
export function killGroup(child: ChildProcessWithoutNullStreams): void {
  signalGroup(child, 'SIGTERM')
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), 1000)
  timer.unref()
  child.on('exit', () => clearTimeout(timer))
}

function signalGroup(child: ChildProcessWithoutNullStreams, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    child.kill(signal)
  }
}

function text(parts: readonly Buffer[]): string {
  return Buffer.concat(parts)
    .toString()
    .split(/\r?\n/)
    .map(line => line.slice(line.lastIndexOf('\r') + 1))
    .filter(line => line !== '')
    .join('\n')
}
