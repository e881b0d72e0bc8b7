import { createHash } from 'node:crypto'
import type { JsonObject } from '../../manifest/json.ts'
import { apiVersionOf } from '../../manifest/object.ts'
import { mediaRanges } from '../http/media-type.ts'
import { json, type Reply } from '../http/reply.ts'
import type { Kind, Subresource } from '../kind.ts'
import type { Catalog } from '../registry/catalog.ts'
import { groupsOf, kindsIn, storageVersionHash, subresourceInfo, verbsOf } from './groups.ts'

export interface DiscoveryRequest {
  /** Path segments: `['apis', 'apps', 'v1']`. */
  readonly segments: readonly string[]
  readonly accept: string
  readonly ifNoneMatch?: string | undefined
  /** `127.0.0.1:6443`. */
  readonly address: string
}

/** Answers `/api`, `/apis` and what is below them without naming a resource; undefined for groups that are not served. */
export function discover(catalog: Catalog, request: DiscoveryRequest): Reply | undefined {
  const { segments, accept, address } = request
  const [root, first, second, ...more] = segments
  if (more.length > 0) return undefined
  if (root === 'api') {
    if (first === undefined)
      return aggregated(catalog, true, accept, request.ifNoneMatch) ?? json(200, coreVersions(address))
    return first === 'v1' && second === undefined ? resources(catalog, '', 'v1') : undefined
  }
  if (first === undefined)
    return aggregated(catalog, false, accept, request.ifNoneMatch) ?? json(200, groupList(catalog))
  const group = groupsOf(catalog).find(one => one.group === first && one.group !== '')
  if (group === undefined) return undefined
  if (second === undefined)
    return json(200, { kind: 'APIGroup', apiVersion: 'v1', ...describe(group.group, group.versions) })
  return group.versions.includes(second) ? resources(catalog, first, second) : undefined
}

function coreVersions(address: string): JsonObject {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
  }
}

function groupList(catalog: Catalog): JsonObject {
  const groups = groupsOf(catalog).filter(one => one.group !== '')
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(one => describe(one.group, one.versions)) }
}

function describe(group: string, versions: readonly string[]): JsonObject {
  const named = versions.map(version => ({ groupVersion: apiVersionOf({ group, version }), version }))
  return { name: group, versions: named, preferredVersion: named[0] }
}

function resources(catalog: Catalog, group: string, version: string): Reply {
  const list = kindsIn(catalog, group, version).flatMap(kind => [
    {
      name: kind.plural,
      singularName: kind.singular,
      namespaced: kind.namespaced,
      kind: kind.kind,
      verbs: verbsOf(kind),
      ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
      ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
      ...(verbsOf(kind).includes('list') ? { storageVersionHash: storageVersionHash(kind) } : {}),
    },
    ...subresourcesOf(kind).map(name => {
      const info = subresourceInfo(kind, version, name)
      const own = info.group === kind.group && info.version === version
      return {
        name: `${kind.plural}/${name}`,
        singularName: '',
        namespaced: kind.namespaced,
        ...(own ? {} : { group: info.group, version: info.version }),
        kind: info.kind,
        verbs: info.verbs,
      }
    }),
  ])
  return json(200, {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: apiVersionOf({ group, version }),
    resources: list,
  })
}

/** By name; those of custom resources in the order in which their server installs them. */
function subresourcesOf(kind: Kind): readonly Subresource[] {
  return kind.custom === true ? kind.subresources : [...kind.subresources].sort()
}

function aggregated(catalog: Catalog, core: boolean, accept: string, known: string | undefined): Reply | undefined {
  const wanted = mediaRanges(accept).find(
    ({ type, parameters }) =>
      (type === 'application/json' && parameters['as'] === undefined) ||
      (parameters['as'] === 'APIGroupDiscoveryList' &&
        parameters['g'] === 'apidiscovery.k8s.io' &&
        ['v2', 'v2beta1'].includes(parameters['v'] ?? '')),
  )
  const version = wanted?.parameters['v']
  if (wanted?.parameters['as'] === undefined || version === undefined) return undefined
  const groups = groupsOf(catalog).filter(one => (one.group === '') === core)
  const body = JSON.stringify({
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(({ group, versions }) => ({
      metadata: group === '' ? { creationTimestamp: null } : { name: group, creationTimestamp: null },
      versions: versions.map(one => ({
        version: one,
        resources: kindsIn(catalog, group, one).map(kind => resource(kind, one)),
        freshness: 'Current',
      })),
    })),
  })
  const etag = `"${createHash('sha256').update(body).digest('hex').toUpperCase()}"`
  const contentType = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
  const headers = { ETag: etag, Vary: 'Accept', 'Cache-Control': 'public' }
  return known === etag ? { code: 304, body: '', contentType, headers } : { code: 200, body, contentType, headers }
}

function resource(kind: Kind, version: string): JsonObject {
  return {
    resource: kind.plural,
    responseKind: { group: kind.group, version, kind: kind.kind },
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: verbsOf(kind),
    ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
    ...(kind.subresources.length === 0
      ? {}
      : {
          subresources: subresourcesOf(kind).map(name => {
            const info = subresourceInfo(kind, version, name)
            return {
              subresource: name,
              responseKind: { group: info.group, version: info.version, kind: info.kind },
              verbs: info.verbs,
            }
          }),
        }),
  }
}
