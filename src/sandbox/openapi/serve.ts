import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { groupsOf } from '../discovery/groups.ts'
import { mediaRanges } from '../http/media-type.ts'
import { json, type Reply } from '../http/reply.ts'
import type { Catalog } from '../registry/catalog.ts'
import { StatusError } from '../status.ts'
import { documentV2, documentV3 } from './document.ts'

interface Made {
  readonly body: string
  readonly hash: string
}

/** Serves `/openapi/v2` and `/openapi/v3…`. Documents are made when first asked for and again when kinds change. */
export function createOpenApi(catalog: Catalog): (path: string, message: IncomingMessage) => Reply | undefined {
  const documents = new Map<string, Made>()
  catalog.onChange(() => documents.clear())

  function made(key: string, make: () => unknown): Made {
    const known = documents.get(key)
    if (known !== undefined) return known
    const body = JSON.stringify(make())
    const fresh = { body, hash: createHash('sha512').update(body).digest('hex').toUpperCase() }
    documents.set(key, fresh)
    return fresh
  }

  function names(): ReadonlyMap<string, { readonly group: string; readonly version: string }> {
    const found = new Map<string, { readonly group: string; readonly version: string }>()
    for (const { group, versions } of groupsOf(catalog))
      for (const version of versions)
        found.set(group === '' ? `api/${version}` : `apis/${group}/${version}`, { group, version })
    return found
  }

  /** Changes whenever the document may have: what is served, by name and shape. */
  function fingerprint(group: string, version: string): string {
    const shapes = catalog
      .kinds()
      .filter(kind => kind.group === group)
      .map(kind => [kind.kind, kind.versions.find(one => one.version === version)?.shape?.openapi ?? null])
    return createHash('sha512').update(JSON.stringify(shapes)).digest('hex').toUpperCase()
  }

  return (path, message) => {
    if (path === '/openapi/v2')
      return reply(
        message,
        made('v2', () => documentV2(catalog)),
        v2Type(message),
      )
    if (path === '/openapi/v3') {
      const paths: Record<string, { serverRelativeURL: string }> = {}
      for (const [name, { group, version }] of names())
        paths[name] = { serverRelativeURL: `/openapi/v3/${name}?hash=${fingerprint(group, version)}` }
      return json(200, { paths })
    }
    const name = path.slice('/openapi/v3/'.length)
    const found = path.startsWith('/openapi/v3/') ? names().get(name) : undefined
    if (found === undefined) return undefined
    return reply(
      message,
      made(name, () => documentV3(catalog, found.group, found.version)),
      'application/json',
    )
  }
}

function reply(message: IncomingMessage, { body, hash }: Made, contentType: string): Reply {
  const etag = `"${hash}"`
  const headers = { ETag: etag, Vary: 'Accept', 'Accept-Ranges': 'bytes' }
  if (message.headers['if-none-match'] === etag) return { code: 304, body: '', contentType, headers }
  return { code: 200, body, contentType, headers }
}

/** OpenAPI v2 is asked for in protobuf by old clients, which fall back when it is refused. */
function v2Type(message: IncomingMessage): string {
  const ranges = mediaRanges(message.headers.accept ?? '*/*')
  if (ranges.some(({ type }) => ['application/json', '*/*', 'application/*'].includes(type))) return 'application/json'
  throw new StatusError({
    code: 406,
    reason: 'NotAcceptable',
    message: 'only the following media types are accepted: application/json',
  })
}
