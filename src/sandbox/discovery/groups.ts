import { createHash } from 'node:crypto'
import type { Kind } from '../kind.ts'
import type { Catalog } from '../registry/catalog.ts'

/** The order in which the server lists its own groups; groups of custom resources follow by name. */
const ORDER: readonly string[] = [
  '',
  'apiregistration.k8s.io',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
  'resource.k8s.io',
  'flowcontrol.apiserver.k8s.io',
]

export interface GroupVersions {
  readonly group: string
  /** Preferred first. */
  readonly versions: readonly string[]
}

/** Every group that is served, in discovery order, with its versions. */
export function groupsOf(catalog: Catalog): readonly GroupVersions[] {
  const groups = new Map<string, Set<string>>()
  for (const kind of catalog.kinds()) {
    const versions = groups.get(kind.group) ?? new Set()
    groups.set(kind.group, versions)
    for (const { version } of kind.versions) versions.add(version)
  }
  const rank = (group: string) => (ORDER.includes(group) ? ORDER.indexOf(group) : ORDER.length)
  return [...groups]
    .map(([group, versions]) => ({ group, versions: [...versions].sort(byPriority) }))
    .sort((a, b) => rank(a.group) - rank(b.group) || (a.group < b.group ? -1 : 1))
}

/** The kinds of one group version, by plural. */
export function kindsIn(catalog: Catalog, group: string, version: string): readonly Kind[] {
  return catalog
    .kinds()
    .filter(kind => kind.group === group && kind.versions.some(one => one.version === version))
    .sort((a, b) => (a.plural < b.plural ? -1 : 1))
}

/** Versions best first: v2 before v1, then betas, then alphas, then anything else by name. */
export function byPriority(a: string, b: string): number {
  const [left, right] = [parse(a), parse(b)]
  if (left === undefined || right === undefined) return left === right ? (a < b ? -1 : 1) : left === undefined ? 1 : -1
  return right.stability - left.stability || right.major - left.major || right.minor - left.minor
}

function parse(version: string): { stability: number; major: number; minor: number } | undefined {
  const found = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version)
  if (found === null) return undefined
  const stability = found[2] === undefined ? 2 : found[2] === 'beta' ? 1 : 0
  return { stability, major: Number(found[1]), minor: Number(found[3] ?? 0) }
}

export function verbsOf(kind: Kind): readonly string[] {
  if (kind.custom === true) return ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']
  return kind.verbs ?? ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']
}

/** What a subresource answers with and how it is used. */
export function subresourceInfo(
  kind: Kind,
  version: string,
  name: string,
): { group: string; version: string; kind: string; verbs: readonly string[] } {
  const own = { group: kind.group, version, kind: kind.kind }
  switch (name) {
    case 'scale':
      return { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get', 'patch', 'update'] }
    case 'eviction':
      return { group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] }
    case 'binding':
      return { group: '', version: 'v1', kind: 'Binding', verbs: ['create'] }
    case 'token':
      return { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', verbs: ['create'] }
    case 'finalize':
      return { ...own, verbs: ['update'] }
    case 'log':
      return { ...own, verbs: ['get'] }
    default:
      return { ...own, verbs: ['get', 'patch', 'update'] }
  }
}

/** The hash by which discovery tells storage versions apart. */
export function storageVersionHash(kind: Kind): string {
  const text = `${kind.group}/${kind.storageVersion}/${kind.kind}`
  return createHash('sha256').update(text).digest().subarray(0, 8).toString('base64')
}
