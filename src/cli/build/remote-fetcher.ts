import { homedir } from 'node:os'
import path from 'node:path'
import { parseHosts, remoteBases } from '../../engine/remote-bases.ts'
import type { Fetcher } from '../../render/kustomize/load.ts'
import { openGitSource } from '../../source/git/git-source.ts'

/** Fetches remote bases for one command, from the hosts that the list allows; what was fetched stays in the user's cache. Rejects where git is not installed. */
export async function remoteFetcher(hosts: string): Promise<{ readonly fetcher: Fetcher; close(): Promise<void> }> {
  const cache = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache')
  const git = await openGitSource({ dataDir: path.join(cache, 'lockstep', 'remote-bases'), allowLocal: true })
  const allowed = parseHosts(hosts)
  return { fetcher: remoteBases({ git, ...(allowed !== undefined && { hosts: allowed }) }), close: () => git.close() }
}
