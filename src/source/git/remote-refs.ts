/** A ref as the remote shows it. `peeled` is the commit behind an annotated tag. */
export interface RemoteRef {
  readonly hash: string
  readonly peeled?: string
}

/** Refs by full name. `HEAD` is among them where the remote has one. */
export type RemoteRefs = ReadonlyMap<string, RemoteRef>

/** The commit that a ref leads to. */
export function commitOf(ref: RemoteRef): string {
  return ref.peeled ?? ref.hash
}

/** Puts `<name>` and `<name>^{}` pairs together, which is how the old protocol and `ls-remote` show annotated tags. */
export function collectRefs(lines: Iterable<readonly [hash: string, name: string]>): RemoteRefs {
  const refs = new Map<string, RemoteRef>()
  for (const [hash, name] of lines) {
    if (!name.endsWith('^{}')) refs.set(name, { hash })
    else {
      const tag = refs.get(name.slice(0, -3))
      if (tag !== undefined) refs.set(name.slice(0, -3), { hash: tag.hash, peeled: hash })
    }
  }
  return refs
}
