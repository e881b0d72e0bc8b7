import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { DiagnosticError } from '../../manifest/diagnostic.ts'
import { atLeast, type GitEnvironment } from './git-environment.ts'
import { GitError, killGroup, spawnGit } from './git-process.ts'

export type ObjectType = 'blob' | 'tree' | 'commit' | 'tag'

export interface GitObject {
  readonly oid: string
  readonly type: ObjectType
  readonly bytes: Buffer
}

/** Reads objects of one repository through one long-lived `git cat-file`. Requests are answered in order and pipelined. */
export interface ObjectReader {
  /** An object by hash or by any revision expression without whitespace; undefined where there is none. */
  read(revision: string): Promise<GitObject | undefined>
  /** Ends the process; it starts again with the next request. */
  close(): void
}

export interface ObjectReaderOptions {
  /** After this long without requests the process ends; default 30 s. */
  readonly idleMs?: number
  /** Objects above this size are refused with `file-too-large`; default 64 MiB. */
  readonly maxObjectBytes?: number
}

interface Request {
  readonly revision: string
  readonly resolve: (object: GitObject | undefined) => void
  readonly reject: (error: Error) => void
  attempts: number
}

/** Makes the reader; no process runs until something is read. A process that dies is replaced, its requests asked again once. */
export function objectReader(git: GitEnvironment, gitDir: string, options: ObjectReaderOptions = {}): ObjectReader {
  const { idleMs = 30_000, maxObjectBytes = 64 * 1024 * 1024 } = options
  // `--batch-command` (2.36) can be told when to flush; before, every answer is a write of its own.
  const commands = atLeast(git, 2, 36)
  const args = commands ? ['cat-file', '--batch-command', '--buffer'] : ['cat-file', '--batch']
  let waiting: Request[] = []
  let child: ChildProcessWithoutNullStreams | undefined
  let unsent: string[] = []
  let idle: NodeJS.Timeout | undefined

  function start(): ChildProcessWithoutNullStreams {
    const started = spawnGit({ args, cwd: gitDir, env: { ...git.base, GIT_DIR: gitDir } })
    const parser = answerParser(maxObjectBytes, answer => {
      const request = waiting.shift()
      if (request === undefined) return
      if (answer instanceof Error) request.reject(answer)
      else request.resolve(answer)
      if (waiting.length === 0) rest(started)
    })
    started.stdout.on('data', parser)
    started.stderr.resume()
    started.stdin.on('error', () => {})
    started.on('error', error => replace(started, new GitError('not-installed', error.message)))
    started.on('close', () => replace(started, new GitError('exit', 'git cat-file ended unexpectedly')))
    return started
  }

  function replace(ended: ChildProcessWithoutNullStreams, cause: GitError): void {
    if (child !== ended) return
    child = undefined
    const again = waiting.filter(request => ++request.attempts < 2 && cause.kind !== 'not-installed')
    for (const request of waiting) if (!again.includes(request)) request.reject(cause)
    waiting = []
    for (const request of again) send(request)
  }

  /** An idle process does not keep the program alive. */
  function rest(process: ChildProcessWithoutNullStreams): void {
    setReferenced(process, false)
    clearTimeout(idle)
    idle = setTimeout(close, idleMs)
    idle.unref()
  }

  function send(request: Request): void {
    if (child === undefined) child = start()
    if (waiting.length === 0) setReferenced(child, true)
    clearTimeout(idle)
    waiting.push(request)
    if (unsent.length === 0) queueMicrotask(flush)
    unsent.push(commands ? `contents ${request.revision}\n` : `${request.revision}\n`)
  }

  function flush(): void {
    const lines = unsent
    unsent = []
    if (commands) lines.push('flush\n')
    child?.stdin.write(lines.join(''))
  }

  function close(): void {
    clearTimeout(idle)
    const closing = child
    if (closing === undefined) return
    child = undefined
    unsent = []
    for (const request of waiting.splice(0)) request.reject(new GitError('aborted', 'the repository was closed'))
    killGroup(closing)
  }

  return {
    read(revision) {
      if (/\s/.test(revision)) return Promise.resolve(undefined)
      return new Promise((resolve, reject) => send({ revision, resolve, reject, attempts: 0 }))
    },
    close,
  }
}

function setReferenced(child: ChildProcessWithoutNullStreams, on: boolean): void {
  const call = on ? 'ref' : 'unref'
  child[call]()
  for (const stream of [child.stdin, child.stdout, child.stderr])
    (stream as unknown as Record<string, () => void>)[call]?.()
}

type Answer = GitObject | undefined | Error

/** Cuts the output of `cat-file --batch` into answers: `<oid> <type> <size>\n<bytes>\n`, or `<what was asked> missing\n`. */
function answerParser(maxBytes: number, emit: (answer: Answer) => void): (chunk: Buffer) => void {
  let buffered: Buffer[] = []
  let size = 0
  let body: { oid: string; type: ObjectType; size: number } | undefined
  return chunk => {
    buffered.push(chunk)
    size += chunk.byteLength
    while (size > 0) {
      if (body !== undefined) {
        if (size < body.size + 1) {
          if (body.size > maxBytes) [size, buffered, body] = discard(size, body)
          return
        }
        const all = buffered.length === 1 ? buffered[0]! : Buffer.concat(buffered)
        // A copy, so that a small object does not keep a whole chunk of output alive.
        const bytes = Buffer.from(all.subarray(0, body.size))
        buffered = [all.subarray(body.size + 1)]
        size = buffered[0]!.byteLength
        const { oid, type } = body
        const answer = body.oid === '' || body.size > maxBytes ? tooLarge(maxBytes) : { oid, type, bytes }
        body = undefined
        emit(answer)
        continue
      }
      const all = buffered.length === 1 ? buffered[0]! : Buffer.concat(buffered)
      buffered = [all]
      const newline = all.indexOf(10)
      if (newline < 0) return
      const header = all.toString('latin1', 0, newline)
      buffered = [all.subarray(newline + 1)]
      size = buffered[0]!.byteLength
      const [, oid, type, length] = /^([0-9a-f]+) (blob|tree|commit|tag) (\d+)$/.exec(header) ?? []
      if (oid === undefined) emit(/ (missing|ambiguous)$/.test(header) ? undefined : new GitError('exit', header))
      else body = { oid, type: type as ObjectType, size: Number(length) }
    }
  }
}

/** Drops what has come of an object that is too large anyway; the empty `oid` remembers that it was. */
function discard(
  size: number,
  body: { oid: string; type: ObjectType; size: number },
): [number, Buffer[], { oid: string; type: ObjectType; size: number }] {
  return [0, [], { oid: '', type: body.type, size: body.size - size }]
}

function tooLarge(maxBytes: number): DiagnosticError {
  return new DiagnosticError([
    {
      severity: 'error',
      code: 'file-too-large',
      message: `a file is larger than ${maxBytes} bytes`,
      hint: 'keep large binaries out of the repository or leave them out with spec.ignore',
    },
  ])
}
