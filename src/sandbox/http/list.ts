import type { JsonObject } from '../../manifest/json.ts'
import { apiVersionOf } from '../../manifest/object.ts'
import { storageKey } from '../kind.ts'
import type { Resource } from '../registry/catalog.ts'
import { storedAs } from '../registry/convert.ts'
import type { Registry } from '../registry/registry.ts'
import { badRequest, expired, quote, StatusError } from '../status.ts'
import type { Stored } from '../store.ts'
import { scanJson } from './go-json.ts'
import type { Wanted } from './media-type.ts'
import type { ListOptions } from './options.ts'
import { json, type Reply } from './reply.ts'
import type { Selection } from './select.ts'
import { type IncludeObject, partialMetadata, table } from './table.ts'

/** One page of a list. */
export interface Page {
  readonly items: readonly Stored[]
  readonly metadata: JsonObject
}

/** Reads a page, at the revision that the options or the continue token name. Throws 400, 410 and 504. */
export function readPage(
  registry: Registry,
  { kind }: Resource,
  namespace: string,
  options: ListOptions,
  selected: Selection,
): Page {
  const { store } = registry
  const key = storageKey(kind)
  const token = options.continue === '' ? undefined : decodeContinue(options.continue)
  if (token !== undefined && options.resourceVersion !== '' && options.resourceVersion !== '0')
    throw badRequest('specifying resource version is not allowed when using continue')
  const asked = listRevision(options.resourceVersion)
  if (asked > store.revision) throw tooLarge(asked, store.revision)
  const exact =
    token?.revision ??
    (options.resourceVersionMatch === 'Exact' || (options.limit > 0 && asked > 0 && options.resourceVersionMatch === '')
      ? asked
      : 0)
  const revision = exact > 0 ? exact : store.revision
  const found = exact > 0 && exact !== store.revision ? store.listAt(key, exact, namespace) : store.list(key, namespace)
  if (found === undefined)
    throw expired(
      token === undefined
        ? `The resourceVersion for the provided list is too old.`
        : 'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
    )
  const start = token === undefined ? 0 : firstAfter(found, token.start)
  const items: Stored[] = []
  let index = start
  for (; index < found.length; index++) {
    if (options.limit > 0 && items.length === options.limit) break
    const stored = found[index]!
    if (selected.matches(stored.object)) items.push(stored)
  }
  const rest = found.length - index
  const more = rest > 0 && (selected.all || found.slice(index).some(stored => selected.matches(stored.object)))
  const last = items.at(-1)
  return {
    items,
    metadata: {
      resourceVersion: String(revision),
      ...(more && last !== undefined ? { continue: encodeContinue(revision, last) } : {}),
      ...(more && selected.all ? { remainingItemCount: rest } : {}),
    },
  }
}

/** Writes a page in the form that the client wants. */
export function listReply(
  registry: Registry,
  resource: Resource,
  page: Page,
  wanted: Wanted,
  include: IncludeObject,
): Reply {
  const { kind, version } = resource
  const now = registry.clock.now()
  if (wanted.as === 'Table') {
    const objects = page.items.map(stored => storedAs(kind, version, stored).object)
    return json(
      200,
      table(kind, objects, {
        metadata: page.metadata,
        served: version.version,
        version: wanted.asVersion ?? 'v1',
        include,
        now,
      }),
    )
  }
  if (wanted.as === 'PartialObjectMetadataList' || wanted.as === 'PartialObjectMetadata')
    return json(200, {
      kind: 'PartialObjectMetadataList',
      apiVersion: `meta.k8s.io/${wanted.asVersion}`,
      metadata: page.metadata,
      items: page.items.map(stored => partialMetadata(stored.object, wanted.asVersion)),
    })
  const apiVersion = apiVersionOf({ group: kind.group, version: version.version })
  // Lists of custom resources always have the field.
  const metadata = kind.custom === true ? { continue: '', ...page.metadata } : page.metadata
  const items = page.items.map(stored => {
    const text = storedAs(kind, version, stored).json()
    return kind.custom === true ? text : withoutType(text)
  })
  const listKind = kind.listKind ?? `${kind.kind}List`
  return {
    code: 200,
    body: `{"kind":${quote(listKind)},"apiVersion":${quote(apiVersion)},"metadata":${JSON.stringify(metadata)},"items":[${items.join(',')}]}`,
  }
}

/** Items of built-in lists do not repeat apiVersion and kind, which stand first in every stored text. */
function withoutType(text: string): string {
  const cut = text.indexOf('"metadata":')
  return cut < 0 ? text : `{${text.slice(cut)}`
}

/** A resource version as a number; 0 for none. Throws 400. */
export function parseRevision(text: string): number {
  if (text === '') return 0
  if (!/^\d{1,16}$/.test(text))
    throw badRequest(
      `resourceVersion: Invalid value: ${quote(text)}: strconv.ParseUint: parsing ${quote(text)}: invalid syntax`,
    )
  return Number(text)
}

function tooLarge(asked: number, current: number): StatusError {
  return new StatusError({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${asked}, current: ${current}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  })
}

function encodeContinue(revision: number, last: Stored): string {
  const start = `${last.namespace === '' ? '' : `${last.namespace}/`}${last.name}\u0000`
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start })).toString('base64url')
}

function decodeContinue(token: string): { revision: number; start: string } {
  const invalidKey = (detail: string) => badRequest(`invalid continue token: continue key is not valid: ${detail}`)
  const illegal = /[^A-Za-z0-9_-]/.exec(token)
  if (illegal !== null) throw invalidKey(`illegal base64 data at input byte ${illegal.index}`)
  const text = Buffer.from(token, 'base64url').toString('latin1')
  const { error } = scanJson(text)
  if (error !== undefined) throw invalidKey(error)
  const { v, rv, start } = (JSON.parse(text) ?? {}) as Record<string, unknown>
  if (v !== 'meta.k8s.io/v1')
    throw badRequest(`invalid continue token: server does not recognize this encoded version ${String(v ?? '')}`)
  if (typeof rv !== 'number' || rv === 0)
    throw badRequest(
      'invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
    )
  if (typeof start !== 'string' || start === '')
    throw badRequest(
      'invalid continue token: continue key is not valid: encoded start key empty (version meta.k8s.io/v1)',
    )
  return { revision: rv, start }
}

function listRevision(text: string): number {
  try {
    return parseRevision(text)
  } catch (error) {
    throw error instanceof StatusError ? badRequest(`invalid resource version: ${error.message}`) : error
  }
}

function firstAfter(items: readonly Stored[], start: string): number {
  const index = items.findIndex(({ namespace, name }) => `${namespace === '' ? '' : `${namespace}/`}${name}` >= start)
  return index < 0 ? items.length : index
}
