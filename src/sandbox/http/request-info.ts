/** What a request asks for, read from its method and path as the API server reads it. */
export interface RequestInfo {
  /** get, list, watch, create, update, patch, delete, deletecollection; the lower-case method for other paths. */
  readonly verb: string
  readonly path: string
  readonly query: URLSearchParams
  /** False for discovery, health and the like. */
  readonly isResource: boolean
  readonly group: string
  readonly version: string
  readonly namespace: string
  readonly resource: string
  readonly name: string
  readonly subresource: string
  /** What follows the subresource. */
  readonly rest: readonly string[]
}

const VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

/** Subresources of a namespace itself; anything else behind its name is a resource in it. */
const NAMESPACE_SUBRESOURCES: ReadonlySet<string> = new Set(['status', 'finalize'])

/** Reads method and URL. Undefined when the URL is no URL. */
export function requestInfo(method: string, url: string): RequestInfo | undefined {
  const cut = url.indexOf('?')
  const path = cut < 0 ? url : url.slice(0, cut)
  const query = new URLSearchParams(cut < 0 ? '' : url.slice(cut + 1))
  const segments: string[] = []
  for (const part of path.split('/')) {
    if (part === '') continue
    const segment = decode(part)
    if (segment === undefined) return undefined
    segments.push(segment)
  }
  const nothing = { group: '', version: '', namespace: '', resource: '', name: '', subresource: '', rest: [] }
  const plain: RequestInfo = { ...nothing, verb: method.toLowerCase(), path, query, isResource: false }

  const isCore = segments[0] === 'api'
  if (!isCore && segments[0] !== 'apis') return plain
  if (segments.length < (isCore ? 3 : 4)) return plain
  const group = isCore ? '' : segments[1]!
  const version = segments[isCore ? 1 : 2]!
  let parts = segments.slice(isCore ? 2 : 3)
  let verb = VERBS[method] ?? ''
  if (parts[0] === 'watch' && method === 'GET' && parts.length > 1) {
    verb = 'watch'
    parts = parts.slice(1)
  }
  let namespace = ''
  if (parts[0] === 'namespaces' && parts.length > 1) {
    namespace = parts[1]!
    if (parts.length > 2 && !(group === '' && NAMESPACE_SUBRESOURCES.has(parts[2]!))) parts = parts.slice(2)
  }
  const [resource = '', name = '', subresource = '', ...rest] = parts
  if (name === '' && verb === 'get') verb = isTrue(query.get('watch')) ? 'watch' : 'list'
  if (name === '' && verb === 'delete') verb = 'deletecollection'
  // A single object is watched through its collection; named here, so that roles with resourceNames allow it.
  const selected = verb === 'list' || verb === 'watch' || verb === 'deletecollection' ? selectedName(query) : ''
  if (verb === 'get' && isTrue(query.get('watch')) && subresource === '') verb = 'watch'
  return {
    verb,
    path,
    query,
    isResource: true,
    group,
    version,
    namespace,
    resource,
    name: name || selected,
    subresource,
    rest,
  }
}

/** Booleans in queries, by Go's `strconv.ParseBool`; what it cannot read is false here. */
export function isTrue(text: string | null): boolean {
  return text !== null && ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)
}

function selectedName(query: URLSearchParams): string {
  const found = /(?:^|,)metadata\.name==?([^,\\=]+)(?:,|$)/.exec(query.get('fieldSelector') ?? '')
  return found?.[1] ?? ''
}

function decode(text: string): string | undefined {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
