import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where everything built or downloaded for tests is kept: `LOCKSTEP_CACHE`, or the user's cache folder. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  return env['LOCKSTEP_CACHE'] ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'lockstep')
}

/** The Go modules beside this file: one per set of binaries that agree on their dependencies. */
export const moduleRoot: string = join(import.meta.dirname, 'modules')

/** Names a build by what went into it: the module's exact dependencies. */
export function moduleHash(module: string): string {
  const hash = createHash('sha256')
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(moduleRoot, module, file)))
  return hash.digest('hex').slice(0, 16)
}
