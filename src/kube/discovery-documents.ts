import { isArray, isObject, type JsonObject, type JsonValue } from '../manifest/json.ts'
import { parseApiVersion } from '../manifest/object.ts'
import type { ApiResource } from './cluster.ts'

/**
 * The resources of an aggregated discovery document (`apidiscovery.k8s.io` v2 or v2beta1), in the server's order of preference;
 * undefined where it is none. `stale` lists group/versions that the server could not refresh.
 */
export function readAggregated(
  document: JsonValue,
): { readonly resources: readonly ApiResource[]; readonly stale: readonly string[] } | undefined {
  if (!isObject(document) || document['kind'] !== 'APIGroupDiscoveryList') return undefined
  const resources: ApiResource[] = []
  const stale: string[] = []
  for (const group of objects(document['items'])) {
    const meta = group['metadata']
    const name = isObject(meta) ? text(meta['name']) : ''
    for (const version of objects(group['versions'])) {
      if (version['freshness'] === 'Stale') stale.push(`${name}/${text(version['version'])}`)
      for (const resource of objects(version['resources'])) {
        const kind = resource['responseKind']
        if (!isObject(kind) || text(kind['kind']) === '') continue
        resources.push({
          group: name,
          version: text(version['version']),
          kind: text(kind['kind']),
          plural: text(resource['resource']),
          namespaced: resource['scope'] === 'Namespaced',
          verbs: strings(resource['verbs']),
          shortNames: strings(resource['shortNames']),
          categories: strings(resource['categories']),
          subresources: objects(resource['subresources']).map(sub => text(sub['subresource'])),
        })
      }
    }
  }
  return { resources, stale }
}

/** The resources of one `APIResourceList`, the document of a single group and version. */
export function readResourceList(document: JsonValue): readonly ApiResource[] {
  if (!isObject(document)) return []
  const own = parseApiVersion(text(document['groupVersion']))
  const entries = objects(document['resources'])
  return entries
    .filter(entry => !text(entry['name']).includes('/'))
    .map(entry => {
      const plural = text(entry['name'])
      return {
        group: own.group,
        version: own.version,
        kind: text(entry['kind']),
        plural,
        namespaced: entry['namespaced'] === true,
        verbs: strings(entry['verbs']),
        shortNames: strings(entry['shortNames']),
        categories: strings(entry['categories']),
        subresources: entries
          .map(other => text(other['name']))
          .filter(name => name.startsWith(`${plural}/`))
          .map(name => name.slice(plural.length + 1)),
      }
    })
}

/** The group/versions that `/api` or `/apis` names, preferred ones first within a group. */
export function readGroupVersions(
  document: JsonValue,
): readonly { readonly group: string; readonly version: string }[] {
  if (!isObject(document)) return []
  if (document['kind'] === 'APIVersions') return strings(document['versions']).map(version => ({ group: '', version }))
  return objects(document['groups']).flatMap(group => {
    const preferred = isObject(group['preferredVersion']) ? text(group['preferredVersion']['version']) : ''
    const versions = objects(group['versions']).map(version => text(version['version']))
    return [preferred, ...versions.filter(version => version !== preferred)]
      .filter(version => version !== '')
      .map(version => ({ group: text(group['name']), version }))
  })
}

function objects(value: JsonValue | undefined): readonly JsonObject[] {
  return isArray(value) ? value.filter(isObject) : []
}

function strings(value: JsonValue | undefined): readonly string[] {
  return isArray(value) ? value.filter(item => typeof item === 'string') : []
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
