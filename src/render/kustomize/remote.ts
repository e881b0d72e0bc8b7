/** A place in a Git repository, as kustomize writes it: `https://host/org/repo//path?ref=v1`. */
export interface RepositorySpec {
  readonly raw: string
  /** What Git clones: host and repository path. */
  readonly cloneUrl: string
  /** Directory in the repository. */
  readonly path: string
  readonly ref: string
  readonly submodules: boolean
}

const schemes = ['ssh://', 'https://', 'http://', 'file://'] as const

export function isRemoteFile(path: string): boolean {
  return /^https?:\/\//i.test(path)
}

/** True for a reference that can only be a repository, so that there is no need to look for a file at its address. */
export function isRepositoryOnly(raw: string): boolean {
  const text = raw.replace(/^[a-z]+:\/\//i, '')
  return parseRepository(raw) !== undefined && /\/\/|\.git(\/|\?|$)|_git\/|[?&](ref|version|submodules)=/.test(text)
}

/** Cheap to ask of the many paths that are nothing but paths. */
const maybeRemote = /:|^github\.com\/|^[a-z][a-z0-9-]*@/i

/** Reads a repository reference; undefined where the text is a path. */
export function parseRepository(raw: string): RepositorySpec | undefined {
  if (raw.startsWith('/') || !maybeRemote.test(raw)) return undefined
  const at = raw.indexOf('?')
  const query = new URLSearchParams(at < 0 ? '' : raw.slice(at + 1))
  const host = splitHost(at < 0 ? raw : raw.slice(0, at))
  if (host === undefined) return undefined
  const parts = splitRepository(host.rest, host.host.startsWith('file://'))
  if (parts === undefined || parts.repository === '' || /^\/?(\.\/)*\.\.(\/|$)/.test(parts.path)) return undefined
  const submodules = query.get('submodules') ?? ''
  return {
    raw,
    cloneUrl: host.host + parts.repository,
    path: parts.path.replace(/^\//, ''),
    ref: (query.get('ref') ?? '') === '' ? (query.get('version') ?? '') : (query.get('ref') ?? ''),
    submodules: !/^(0|f|F|false|FALSE|False)$/.test(submodules),
  }
}

function splitHost(text: string): { readonly host: string; readonly rest: string } | undefined {
  let rest = text.replace(/^git::/i, '')
  const scheme = schemes.find(candidate => rest.toLowerCase().startsWith(candidate)) ?? ''
  rest = rest.slice(scheme.length)
  const user = /^([a-zA-Z][a-zA-Z0-9-]*)@/.exec(rest)?.[0] ?? ''
  rest = rest.slice(user.length)
  const isGithub = /^github\.com[/:]/i.test(rest)
  const acceptsColon = scheme === '' && (user !== '' || isGithub)
  if (scheme === '' && !acceptsColon) return undefined
  if (scheme === 'file://') return { host: scheme, rest: user + rest }
  let separator = rest.indexOf('/')
  if (acceptsColon) {
    const colon = rest.indexOf(':')
    if (separator < 0 || (colon > 0 && colon < separator)) separator = colon
  }
  const host = separator < 0 ? rest : rest.slice(0, separator + 1)
  const path = separator < 0 ? '' : rest.slice(separator + 1)
  if (isGithub) {
    const overSsh = scheme === 'ssh://' || user !== ''
    return { host: overSsh ? `${user}github.com:` : 'https://github.com/', rest: path }
  }
  return host === '' ? undefined : { host: scheme + user + host, rest: path }
}

function splitRepository(
  text: string,
  isFile: boolean,
): { readonly repository: string; readonly path: string } | undefined {
  const marker = text.indexOf('_git/')
  if (marker >= 0) {
    const [name = '', ...path] = text.slice(marker + 5).split('/')
    return { repository: text.slice(0, marker + 5) + name, path: path.join('/') }
  }
  const double = text.indexOf('//')
  if (double >= 0) return { repository: text.slice(0, double), path: text.slice(double + 2) }
  const suffix = text.indexOf('.git')
  if (suffix >= 0) return { repository: text.slice(0, suffix + 4), path: text.slice(suffix + 4) }
  if (isFile) return { repository: text, path: '' }
  const segments = text.split('/')
  return segments.length < 2
    ? undefined
    : { repository: segments.slice(0, 2).join('/'), path: segments.slice(2).join('/') }
}
