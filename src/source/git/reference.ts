import { compareVersions, parseFullVersion, parseVersionRange, type Version } from '../../manifest/version-range.ts'
import { commitOf, type RemoteRefs } from './remote-refs.ts'
import { formatRevision, shortRef } from './revision.ts'

/** Which state of a repository is wanted: `spec.ref`. */
export interface GitReference {
  readonly branch?: string | undefined
  readonly tag?: string | undefined
  readonly semver?: string | undefined
  readonly name?: string | undefined
  readonly commit?: string | undefined
}

/** What `spec.ref` asks for once precedence is settled: commit, name, semver, tag, branch; `master` where nothing is said. */
export type Selection =
  | { readonly by: 'commit'; readonly commit: string; readonly branch?: string }
  | { readonly by: 'name'; readonly ref: string }
  | { readonly by: 'semver'; readonly range: string }
  | { readonly by: 'tag'; readonly ref: string }
  | { readonly by: 'branch'; readonly ref: string }

export function selectionOf(reference: GitReference | undefined): Selection {
  const { branch = '', tag = '', semver = '', name = '', commit = '' } = reference ?? {}
  if (commit !== '')
    return branch === '' ? { by: 'commit', commit } : { by: 'commit', commit, branch: `refs/heads/${branch}` }
  if (name !== '') return { by: 'name', ref: name.replace(/\^\{\}$/, '') }
  if (semver !== '') return { by: 'semver', range: semver }
  if (tag !== '') return { by: 'tag', ref: `refs/tags/${tag}` }
  return { by: 'branch', ref: `refs/heads/${branch === '' ? 'master' : branch}` }
}

/** What to ask the remote for. A commit without branch needs nothing from it. */
export function prefixesOf(selection: Selection): readonly string[] {
  if (selection.by === 'commit') return selection.branch === undefined ? [] : [selection.branch]
  return selection.by === 'semver' ? ['refs/tags/'] : [selection.ref]
}

/**
 * What a selection is right now. `ref` is what to fetch, `pointer` the name in the revision. `tag` is the hash of the ref
 * itself where it is a tag: an annotated one has an object of its own.
 */
export interface Target {
  readonly commit: string
  readonly ref?: string
  readonly pointer: string
  readonly tag?: { readonly name: string; readonly hash: string }
}

export function revisionOf(target: Pick<Target, 'pointer' | 'commit'>): string {
  return formatRevision(target.pointer, target.commit)
}

/** Several targets only where tags are equal but for build metadata: the one with the latest commit is meant. */
export type Resolution =
  | { readonly found: true; readonly targets: readonly [Target, ...Target[]] }
  | { readonly found: false; readonly message: string; readonly hint: string }

/** Finds a selection among the refs of a remote. */
export function resolve(selection: Selection, refs: RemoteRefs): Resolution {
  if (selection.by === 'commit') return resolveCommit(selection, refs)
  if (selection.by === 'semver') return resolveRange(selection.range, refs)
  const target = targetOf(selection.ref, refs, selection.by === 'name' ? selection.ref : shortRef(selection.ref))
  if (target !== undefined) return { found: true, targets: [target] }
  if (selection.by === 'name')
    return {
      found: false,
      message: `unable to resolve ref '${selection.ref}' to a specific commit`,
      hint: 'check spec.ref.name; the full name of a ref is wanted, such as refs/pull/1/head',
    }
  return missingRef(selection.ref)
}

function missingRef(ref: string): Resolution {
  const [what, field] = ref.startsWith('refs/tags/') ? ['tag', 'tag'] : ['branch', 'branch']
  return {
    found: false,
    message: `couldn't find remote ref "${ref}"`,
    hint: `the repository has no ${what} ${shortRef(ref)} (any more); check spec.ref.${field}, or push the ${what}`,
  }
}

function targetOf(name: string, refs: RemoteRefs, pointer: string): Target | undefined {
  const ref = refs.get(name)
  if (ref === undefined) return undefined
  const target = { commit: commitOf(ref), ref: name, pointer }
  return name.startsWith('refs/tags/') ? { ...target, tag: { name: shortRef(name), hash: ref.hash } } : target
}

function resolveCommit(selection: Selection & { by: 'commit' }, refs: RemoteRefs): Resolution {
  const { commit, branch } = selection
  if (!/^[0-9a-f]{40}$/.test(commit))
    return {
      found: false,
      message: `unable to resolve commit object for '${commit}': object not found`,
      hint: 'spec.ref.commit takes the whole hash: 40 lower-case hex digits',
    }
  if (branch === undefined) return { found: true, targets: [{ commit, pointer: '' }] }
  if (!refs.has(branch)) return missingRef(branch)
  return { found: true, targets: [{ commit, ref: branch, pointer: shortRef(branch) }] }
}

function resolveRange(text: string, refs: RemoteRefs): Resolution {
  const range = parseVersionRange(text)
  if (range === undefined)
    return {
      found: false,
      message: `semver parse error: improper constraint: ${text}`,
      hint: 'write spec.ref.semver as a range such as ">=1.0.0 <2.0.0" or "1.x"',
    }
  const matches: { version: Version; target: Target }[] = []
  for (const name of refs.keys()) {
    const version = name.startsWith('refs/tags/') ? parseFullVersion(shortRef(name)) : undefined
    if (version !== undefined && range.matches(version))
      matches.push({ version, target: targetOf(name, refs, shortRef(name))! })
  }
  matches.sort((a, b) => compareVersions(b.version, a.version))
  const [best, ...others] = matches
  if (best === undefined)
    return {
      found: false,
      message: `no match found for semver: ${text}`,
      hint: 'no tag of the repository lies in spec.ref.semver; push one, or widen the range',
    }
  const equals = others.filter(other => compareVersions(other.version, best.version) === 0)
  return { found: true, targets: [best.target, ...equals.map(other => other.target)] }
}
