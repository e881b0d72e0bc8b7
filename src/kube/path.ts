import type { ApiResource } from './cluster.ts'

/** The URL path of a group and version: `/api/v1` or `/apis/apps/v1`. */
export function groupVersionPath({ group, version }: { readonly group: string; readonly version: string }): string {
  return group === ''
    ? `/api/${encodeURIComponent(version)}`
    : `/apis/${encodeURIComponent(group)}/${encodeURIComponent(version)}`
}

/** The URL path of a kind's collection, of one object, or of its subresource. An empty namespace means all of them. */
export function resourcePath(resource: ApiResource, namespace: string, name?: string, subresource?: string): string {
  const parts = [groupVersionPath(resource)]
  if (resource.namespaced && namespace !== '') parts.push('namespaces', encodeURIComponent(namespace))
  parts.push(resource.plural)
  if (name !== undefined) parts.push(encodeURIComponent(name))
  if (subresource !== undefined) parts.push(...subresource.split('/').map(encodeURIComponent))
  return parts.join('/')
}

/** A query string with its question mark; parameters that are undefined or false are left out. */
export function queryString(parameters: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined && value !== false && value !== '') query.set(name, String(value))
  const text = query.toString()
  return text === '' ? '' : `?${text}`
}
