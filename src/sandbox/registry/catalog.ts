import { type Kind, type KindVersion, storageKey } from '../kind.ts'

/** One kind in one served version. */
export interface Resource {
  readonly kind: Kind
  readonly version: KindVersion
}

/** The kinds that are served at the moment. CustomResourceDefinitions come and go. */
export interface Catalog {
  /** By what a path names: group, version and plural. */
  find(group: string, version: string, plural: string): Resource | undefined
  /** By what an object names. Any served version when it is left out. */
  ofKind(group: string, kind: string, version?: string): Resource | undefined
  byStorage(key: string): Kind | undefined
  /** In the order of discovery. */
  kinds(): readonly Kind[]
  /** Adds a kind, or replaces the one with the same group and plural. */
  add(kind: Kind): void
  remove(group: string, plural: string): void
  onChange(listener: () => void): () => void
}

/** A catalog with these kinds to begin with. */
export function createCatalog(builtin: readonly Kind[]): Catalog {
  const byPlural = new Map<string, Kind>()
  const storages = new Map<string, Kind>()
  const byKind = new Map<string, Kind>()
  const listeners = new Set<() => void>()

  function add(kind: Kind): void {
    remove(kind.group, kind.plural)
    byPlural.set(`${kind.group}/${kind.plural}`, kind)
    byKind.set(`${kind.group}/${kind.kind}`, kind)
    if (!storages.has(storageKey(kind))) storages.set(storageKey(kind), kind)
  }

  function remove(group: string, plural: string): void {
    const kind = byPlural.get(`${group}/${plural}`)
    if (kind === undefined) return
    byPlural.delete(`${group}/${plural}`)
    if (byKind.get(`${group}/${kind.kind}`) === kind) byKind.delete(`${group}/${kind.kind}`)
    if (storages.get(storageKey(kind)) === kind) storages.delete(storageKey(kind))
  }

  const tell = () => {
    for (const listener of listeners) listener()
  }
  const inVersion = (kind: Kind | undefined, version: string | undefined): Resource | undefined => {
    const found = kind?.versions.find(one => version === undefined || one.version === version)
    return kind === undefined || found === undefined ? undefined : { kind, version: found }
  }

  for (const kind of builtin) add(kind)
  return {
    find: (group, version, plural) => inVersion(byPlural.get(`${group}/${plural}`), version),
    ofKind: (group, kind, version) => inVersion(byKind.get(`${group}/${kind}`), version),
    byStorage: key => storages.get(key),
    kinds: () => [...byPlural.values()],
    add(kind) {
      add(kind)
      tell()
    },
    remove(group, plural) {
      remove(group, plural)
      tell()
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
