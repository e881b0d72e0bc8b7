import { type KubeObject, type ObjectRef, refKey, refOf } from '../../manifest/object.ts'
import { contentDigest } from '../../plan/drift.ts'
import { digestOf, fingerprint } from '../../plan/fingerprint.ts'
import type { LiveState } from '../../plan/live-view.ts'
import { SWITCH_PREFIX } from '../../plan/switches.ts'

/** Field manager of everything that Kustomizations apply. */
export const APPLY_MANAGER = 'kustomize-controller'

interface Expectation {
  /** `Kustomization` key of whoever applied it. */
  readonly owner: string
  readonly uid: string
  /** Digest of the manifest as it was applied. */
  readonly digest: string
  /** What came of it, until a hash is needed: most objects are never changed again. */
  applied?: KubeObject | undefined
  /** Hash of the fields that our manager owned then. */
  owned?: string | undefined
  /** The version that was last found to be as expected; saves hashing it again. */
  resourceVersion: string
  /** A difference was told, and its end is to be told as well: the content that was told about, none where it was gone. */
  readonly told?: { readonly content: string | undefined }
}

/** What the objects of one cluster should look like, as far as we have applied them. */
export interface Expectations {
  /** Notes that `live` is what came of applying `desired`. */
  expect(owner: string, desired: KubeObject, live: KubeObject, digest?: string): void
  /**
   * Notes that a difference from the manifest with this digest was told and is left alone. Where nobody remembers what came of
   * applying it, nothing meets the expectation before `expect` is called. `live` is the object as it is, if it is there.
   */
  report(owner: string, ref: Omit<ObjectRef, 'version'>, digest: string, live: KubeObject | undefined): void
  /** Whether a difference was told since the last `expect`. */
  isReported(ref: Omit<ObjectRef, 'version'>): boolean
  /** Whether an object still is as it was when it was told about, its status and the owners of its fields left aside. */
  isAsReported(live: KubeObject): boolean
  /** The digest of the manifest that was last applied; undefined where nothing was. */
  digestOf(ref: Omit<ObjectRef, 'version'>): string | undefined
  /** Forgets what this owner expects of an object, not what another one does by now. */
  forget(owner: string, ref: Omit<ObjectRef, 'version'>): void
  /** Whose object it is, if anybody's. */
  ownerOf(ref: Omit<ObjectRef, 'version'>): string | undefined
  /** Whether our fields are still as they were after the apply. False where nothing is expected. */
  isMet(live: KubeObject): boolean
  /** How plan sees an object: as applied, where the expectation is met, else whole. */
  stateOf(live: KubeObject): LiveState
}

function switchMetadata({ metadata }: KubeObject): Pick<KubeObject['metadata'], 'labels' | 'annotations'> {
  const relevant = (values: Readonly<Record<string, string>> = {}) =>
    Object.fromEntries(Object.entries(values).filter(([key]) => key.startsWith(`${SWITCH_PREFIX}/`)))
  return { labels: relevant(metadata.labels), annotations: relevant(metadata.annotations) }
}

export function createExpectations(): Expectations {
  const known = new Map<string, Expectation>()

  function isMet(live: KubeObject): boolean {
    const expected = known.get(refKey(refOf(live)))
    if (expected === undefined || expected.uid !== live.metadata.uid) return false
    if (live.metadata.deletionTimestamp !== undefined) return false
    if (expected.resourceVersion === live.metadata.resourceVersion) {
      // The same object once more, from the watch: one of both is enough to be kept.
      if (expected.applied !== undefined) expected.applied = live
      return true
    }
    if (expected.applied !== undefined) {
      expected.owned = fingerprint(expected.applied, APPLY_MANAGER).owned
      expected.applied = undefined
    }
    if (fingerprint(live, APPLY_MANAGER).owned !== expected.owned) return false
    expected.resourceVersion = live.metadata.resourceVersion ?? ''
    return true
  }

  return {
    expect(owner, desired, live, digest = digestOf(desired)) {
      const { resourceVersion = '', uid = '' } = live.metadata
      known.set(refKey(refOf(live)), { owner, uid, digest, applied: live, resourceVersion })
    },
    report(owner, ref, digest, live) {
      const before = known.get(refKey(ref))
      const remembered = before?.digest === digest ? before : { uid: '', resourceVersion: '' }
      const told = { content: live && contentDigest(live) }
      known.set(refKey(ref), { ...remembered, owner, digest, told })
    },
    isReported: ref => known.get(refKey(ref))?.told !== undefined,
    isAsReported(live) {
      const told = known.get(refKey(refOf(live)))?.told
      return told?.content !== undefined && told.content === contentDigest(live)
    },
    digestOf: ref => known.get(refKey(ref))?.digest,
    forget(owner, ref) {
      if (known.get(refKey(ref))?.owner === owner) known.delete(refKey(ref))
    },
    ownerOf: ref => known.get(refKey(ref))?.owner,
    isMet,
    stateOf(live) {
      const expected = known.get(refKey(refOf(live)))
      if (expected === undefined || !isMet(live)) return { state: 'object', object: live }
      const { uid = '', resourceVersion = '' } = live.metadata
      return { state: 'applied', digest: expected.digest, uid, resourceVersion, metadata: switchMetadata(live) }
    },
  }
}
