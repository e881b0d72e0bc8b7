import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { runGit } from './git-process.ts'
import { writeAtomic } from './write-atomic.ts'

/** What git runs with: nothing of the user's configuration, nothing that asks questions. */
export interface GitEnvironment {
  readonly base: Readonly<Record<string, string>>
  /** Major and minor version of the git that is installed. */
  readonly version: readonly [number, number]
}

/**
 * Settings of every call. Only these transports exist; `file` is added per call where local repositories are allowed.
 * `safe.directory` is open because the mirrors may lie on a volume that belongs to another user.
 */
const settings = `[protocol]
\tallow = never
[protocol "http"]
\tallow = always
[protocol "https"]
\tallow = always
[protocol "ssh"]
\tallow = always
[safe]
\tdirectory = *
[gc]
\tauto = 0
[maintenance]
\tauto = false
[credential]
\thelper =
[core]
\thooksPath = /dev/null
\tfsmonitor = false
[submodule]
\trecurse = false
[http]
\tfollowRedirects = false
[advice]
\tdetachedHead = false
`

/** Variables that mean something to the network and are handed on; everything else of the caller's environment is not. */
const handedOn = ['PATH', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy', 'TMPDIR']

/** Writes the private configuration under `dataDir` and looks which git there is. Rejects with `GitError` where none is. */
export async function prepareGit(dataDir: string, env: NodeJS.ProcessEnv = process.env): Promise<GitEnvironment> {
  const home = path.join(dataDir, 'home')
  await mkdir(home, { recursive: true, mode: 0o700 })
  await writeAtomic(path.join(home, '.gitconfig'), settings)
  const network = handedOn.flatMap(name => (env[name] === undefined ? [] : [[name, env[name]] as const]))
  const base = {
    ...Object.fromEntries(network),
    HOME: home,
    XDG_CONFIG_HOME: home,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'true',
    LC_ALL: 'C',
  }
  const { stdout } = await runGit({ args: ['version'], cwd: dataDir, env: base, timeoutMs: 10_000 })
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(stdout.toString()) ?? []
  return { base, version: [Number(major), Number(minor)] }
}

export function atLeast(git: GitEnvironment, major: number, minor: number): boolean {
  const [a, b] = git.version
  return a > major || (a === major && b >= minor)
}

/**
 * Settings for one call through the environment, where only the process itself and root can see them. Before 2.31 git had
 * no documented way; the variable that its own `-c` uses does the same there.
 */
export function configVariables(
  git: GitEnvironment,
  config: readonly (readonly [string, string])[],
): Record<string, string> {
  if (config.length === 0) return {}
  if (!atLeast(git, 2, 31))
    return { GIT_CONFIG_PARAMETERS: config.map(([key, value]) => quote(`${key}=${value}`)).join(' ') }
  const variables: Record<string, string> = { GIT_CONFIG_COUNT: String(config.length) }
  config.forEach(([key, value], index) => {
    variables[`GIT_CONFIG_KEY_${index}`] = key
    variables[`GIT_CONFIG_VALUE_${index}`] = value
  })
  return variables
}

/** A word for a POSIX shell. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}
