import { randomUUID } from 'node:crypto'
import { open, readFile, rm, stat, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { RemoteError } from './failure.ts'

/** A holder renews its lock this often; one that has not done so for `staleMs` is dead. */
const renewMs = 5_000
const staleMs = 30_000
/** Of this process. Its number is not enough: in a container that was started again, the one before had the same. */
const life = randomUUID()

/**
 * Runs `work` while this process alone holds the lock file. Waits for other processes until `timeoutMs` is over. A lock
 * whose process is gone (same host, no such pid, or this one's in an earlier life) or that was not renewed is taken over.
 */
export async function withLock<T>(file: string, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + timeoutMs
  while (!(await acquire(file))) {
    if (performance.now() > deadline)
      throw new RemoteError('timeout', 'another process works on the same mirror and does not finish')
    await delay(50)
  }
  const renewal = setInterval(() => {
    const now = new Date()
    utimes(file, now, now).catch(() => {})
  }, renewMs)
  renewal.unref()
  try {
    return await work()
  } finally {
    clearInterval(renewal)
    await rm(file, { force: true })
  }
}

async function acquire(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', 0o600)
    await handle.writeFile(JSON.stringify({ pid: process.pid, host: hostname(), life }))
    await handle.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    if (await abandoned(file)) await rm(file, { force: true })
    return false
  }
}

async function abandoned(file: string): Promise<boolean> {
  try {
    // A time to come was written before somebody set the clock back.
    if (Math.abs(Date.now() - (await stat(file)).mtimeMs) > staleMs) return true
    const holder = JSON.parse(await readFile(file, 'utf8')) as { pid: number; host: string; life?: string }
    if (holder.host !== hostname()) return false
    return holder.pid === process.pid ? holder.life !== life : !alive(holder.pid)
  } catch {
    // Half written or just released: look again.
    return false
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
