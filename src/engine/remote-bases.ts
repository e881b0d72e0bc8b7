import type { Fetcher } from '../render/kustomize/load.ts'
import type { RepositorySpec } from '../render/kustomize/remote.ts'
import { hostOf } from '../source/git/git-address.ts'
import type { GitRequest, GitSource } from '../source/git/git-source.ts'
import { httpDispatcher } from '../source/git/http-dispatcher.ts'
import type { GitReference } from '../source/git/reference.ts'

export interface RemoteBasesOptions {
  readonly git: Pick<GitSource, 'fetch'>
  /**
   * Hosts that may be asked, with their port where they have one; all where it is left out. Submodules and redirects of
   * files are held to it, too; where a Git server redirects to is left to the server.
   */
  readonly hosts?: readonly string[]
  /** Bytes of one remote file at most; 16 MiB where it is left out. */
  readonly maxFileBytes?: number
  /** For one file or repository; 60 s where it is left out. */
  readonly timeoutMs?: number
}

const maxRedirects = 5

/**
 * Fetches what kustomizations name outside of their tree, without credentials: repositories over Git, at a tag, a branch, a
 * commit or the default branch, and files over HTTPS. Rejects with an error that says why where a host is not allowed or
 * does not answer.
 */
export function remoteBases({
  git,
  hosts,
  maxFileBytes = 16 * 1024 * 1024,
  timeoutMs = 60_000,
}: RemoteBasesOptions): Fetcher {
  function checkHost(url: string): void {
    const host = hostOf(url)
    if (hosts !== undefined && !hosts.includes(host))
      throw new Error(`the host '${host}' is not allowed; allowed by --remote-hosts: ${hosts.join(', ')}`)
  }

  const limited = hosts === undefined ? {} : { hosts }

  return {
    async repository(spec) {
      const url = addressOf(spec.cloneUrl)
      checkHost(url)
      let message = ''
      for (const ref of referencesOf(spec)) {
        const request: GitRequest = { url, ref, recurseSubmodules: spec.submodules, timeoutMs, ...limited }
        const fetched = await git.fetch(request)
        if (fetched.status === 'fetched') return fetched.tree
        message ||= fetched.message
      }
      throw new Error(message)
    },
    async file(url) {
      const signal = AbortSignal.timeout(timeoutMs)
      const { request } = await import('undici')
      const dispatcher = await httpDispatcher({})
      try {
        let target = url
        for (let hops = 0; hops <= maxRedirects; hops++) {
          if (!target.startsWith('https://')) throw new Error(`'${target}' is no https address`)
          checkHost(target)
          const { body, headers, statusCode } = await request(target, { dispatcher, signal })
          const { location } = headers
          if (statusCode >= 300 && statusCode < 400 && typeof location === 'string') {
            await body.dump()
            target = new URL(location, target).href
            continue
          }
          if (statusCode !== 200) throw new Error(`the server answers with status ${statusCode}`)
          return await readLimited(body, maxFileBytes)
        }
        throw new Error(`more than ${maxRedirects} redirects`)
      } finally {
        await dispatcher.destroy()
      }
    },
  }
}

/** The hosts that `--remote-hosts` names, as in `github.com,git.example.com:8443`; undefined, for all, where it is empty. */
export function parseHosts(text: string): readonly string[] | undefined {
  const hosts = text.split(',').flatMap(host => (host.trim() === '' ? [] : [host.trim()]))
  return hosts.length === 0 ? undefined : hosts
}

/** The states that a ref may mean, in the order in which Git tries them. */
function referencesOf({ ref }: RepositorySpec): readonly GitReference[] {
  if (ref === '') return [{ name: 'HEAD' }]
  if (/^[0-9a-f]{40}$/.test(ref)) return [{ commit: ref }]
  if (ref.startsWith('refs/')) return [{ name: ref }]
  return [{ tag: ref }, { branch: ref }]
}

/** A Git address as a URL: `git@host:path` is SSH. */
function addressOf(cloneUrl: string): string {
  const scp = /^(?:([^/@:]+)@)?([^/:]+):(?!\/\/)(.+)$/.exec(cloneUrl)
  return scp === null ? cloneUrl : `ssh://${scp[1] ?? 'git'}@${scp[2]}/${scp[3]}`
}

async function readLimited(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.byteLength
    if (length > maxBytes) throw new Error(`the file is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
