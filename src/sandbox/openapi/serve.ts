import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { JsonObject } from '../../manifest/json.ts'
import { groupsOf } from '../discovery/groups.ts'
import { mediaRanges } from '../http/media-type.ts'
import { json, type Reply } from '../http/reply.ts'
import type { Catalog } from '../registry/catalog.ts'
import { documentV2, documentV3 } from './document.ts'
import { openApiV2Protobuf } from './v2-protobuf.ts'

interface Made {
  readonly body: string | Uint8Array
  readonly hash: string
}

/** Serves `/openapi/v2` and `/openapi/v3…`. Documents are made when first asked for and again when kinds change. */
export function createOpenApi(catalog: Catalog): (path: string, message: IncomingMessage) => Reply | undefined {
  const documents = new Map<string, Made>()
  let encoded: Made | undefined
  catalog.onChange(() => documents.clear())

  function made(key: string, make: () => unknown): Made {
    const known = documents.get(key)
    if (known !== undefined) return known
    const body = JSON.stringify(make())
    const fresh: Made = { body, hash: createHash('sha512').update(body).digest('hex').toUpperCase() }
    documents.set(key, fresh)
    return fresh
  }

  function v2(message: IncomingMessage): Reply {
    const known = made('v2', () => documentV2(catalog))
    if (!wantsProtobuf(message)) return reply(message, known, 'application/json')
    if (encoded === undefined || encoded.hash !== known.hash)
      encoded = { body: openApiV2Protobuf(JSON.parse(String(known.body)) as JsonObject), hash: known.hash }
    return reply(message, encoded, PROTOBUF)
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
    if (path === '/openapi/v2') return v2(message)
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

const PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

/** OpenAPI v2 is asked for in protobuf by kubectl and client-go, under the name of its type with a dot or with an `@`. */
function wantsProtobuf(message: IncomingMessage): boolean {
  const [first] = mediaRanges(message.headers.accept ?? '')
  return first?.type.startsWith('application/com.github.proto-openapi.spec.v2') === true
}
