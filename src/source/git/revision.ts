/** `main@sha1:<hash>`, `refs/pull/1/head@sha1:<hash>`, or `sha1:<hash>` where there is no name. */
export function formatRevision(pointer: string, hash: string): string {
  return pointer === '' ? hashDigest(hash) : `${pointer}@${hashDigest(hash)}`
}

/** `sha1:<hash>` for 40 hex digits; other lengths are no algorithm that Flux knows, and say so. The empty hash stays empty. */
export function hashDigest(hash: string): string {
  return hash === '' ? '' : `${hashAlgorithm(hash)}:${hash}`
}

export function hashAlgorithm(hash: string): string {
  return /^[0-9a-f]{40}$/i.test(hash) ? 'sha1' : '<unknown>'
}

/** How a full ref is named in a revision: `main` for `refs/heads/main`, `v1` for `refs/tags/v1`, others in full. */
export function shortRef(reference: string): string {
  return /^refs\/(?:heads|tags|remotes)\/(.+)$/.exec(reference)?.[1] ?? reference
}

/**
 * Takes a revision apart. Reads the forms before Flux 2.0 as well: `main/<hash>`, where a pointer `HEAD` means nothing, and
 * a bare hash.
 */
export function splitRevision(revision: string): { readonly pointer: string; readonly hash: string } {
  return { pointer: revisionPointer(revision), hash: revisionHash(revision) }
}

/** The hash of a revision without its algorithm. */
export function revisionHash(revision: string): string {
  const digest = revision.slice(revision.lastIndexOf('@') + 1)
  const colon = digest.indexOf(':')
  if (colon >= 0) return digest.slice(colon + 1)
  return digest.slice(digest.lastIndexOf('/') + 1)
}

/** The name in a revision; empty for a bare hash and for the legacy `HEAD/<hash>`. */
export function revisionPointer(revision: string): string {
  const at = revision.lastIndexOf('@')
  if (at >= 0) return revision.slice(0, at)
  if (revision.includes(':')) return ''
  const pointer = revision.slice(0, Math.max(0, revision.lastIndexOf('/')))
  return pointer === 'HEAD' ? '' : pointer
}

/** A revision in any form, in today's form. */
export function normalizeRevision(revision: string): string {
  if (revision === '' || revision.includes(':')) return revision
  const { pointer, hash } = splitRevision(revision)
  return formatRevision(pointer, hash)
}
