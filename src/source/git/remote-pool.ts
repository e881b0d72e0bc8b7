import path from 'node:path'
import { type GitCredentials, mirrorKey } from './credentials.ts'
import { address } from './git-address.ts'
import type { GitEnvironment } from './git-environment.ts'
import { type Mirror, openMirror } from './mirror.ts'
import { type PollerClock, type RefPoller, refPoller } from './remote.ts'
import { openTransport, type Transport } from './transport.ts'

/** One remote as one set of credentials sees it, with its local copy. */
export interface Remote {
  readonly url: string
  readonly transport: Transport
  readonly poller: RefPoller
  readonly mirror: Mirror
  /** `<commit> <tip>` pairs that were proven to lie on one line. */
  readonly ancestry: Set<string>
  readonly checkouts: CheckoutRegister
}

/** Which commits somebody still reads from. A checkout is in use for as long as its tree can be reached. */
export interface CheckoutRegister {
  add(commit: string, tree: object): void
  inUse(): readonly string[]
}

function checkoutRegister(): CheckoutRegister {
  let given: { readonly commit: string; readonly tree: WeakRef<object> }[] = []
  return {
    add: (commit, tree) => void given.push({ commit, tree: new WeakRef(tree) }),
    inUse() {
      given = given.filter(({ tree }) => tree.deref() !== undefined)
      return [...new Set(given.map(({ commit }) => commit))]
    },
  }
}

/** The remotes that are in use, each once. */
export interface RemotePool {
  get(url: string, credentials: GitCredentials): Promise<Remote>
  close(): Promise<void>
}

export function remotePool(git: GitEnvironment, mirrors: string, clock: PollerClock): RemotePool {
  const remotes = new Map<string, { readonly token: string; readonly remote: Promise<Remote> }>()

  async function open(url: string, credentials: GitCredentials): Promise<Remote> {
    const transport = await openTransport(git, url, credentials)
    const mirror = openMirror(git, path.join(mirrors, `${mirrorKey(url, credentials)}.git`), transport)
    return {
      url,
      transport,
      mirror,
      poller: refPoller(transport, clock),
      ancestry: new Set(),
      checkouts: checkoutRegister(),
    }
  }

  return {
    get(rawUrl, given) {
      const { url, credentials } = address(rawUrl, given)
      const { bearerToken, username, password, ...lasting } = credentials
      const slot = `${mirrorKey(url, credentials)} ${JSON.stringify(lasting)}`
      const token = JSON.stringify([bearerToken, username, password])
      const known = remotes.get(slot)
      if (known?.token === token) return known.remote
      // A token that was renewed takes over the place of the old one.
      if (known !== undefined) void closeRemote(known.remote)
      const remote = open(url, credentials)
      remotes.set(slot, { token, remote })
      remote.catch(() => remotes.delete(slot))
      return remote
    },
    async close() {
      const open = [...remotes.values()]
      remotes.clear()
      await Promise.all(open.map(({ remote }) => closeRemote(remote)))
    },
  }
}

async function closeRemote(opening: Promise<Remote>): Promise<void> {
  const remote = await opening.catch(() => undefined)
  remote?.mirror.close()
  await remote?.transport.close()
}
