import type { KubeObject, ObjectRef } from '../manifest/object.ts'
import { refKey } from '../manifest/object.ts'

/** What is known about one object on the cluster. */
export type LiveState =
  /** It is not there. */
  | { readonly state: 'absent' }
  /** Nobody has looked. */
  | { readonly state: 'unknown' }
  /** The whole object, with `managedFields`. */
  | { readonly state: 'object'; readonly object: KubeObject }
  /** It is as it was after we applied the entry with this digest (`ChangeEntry.digest`); nobody touched a field of ours since. */
  | {
      readonly state: 'applied'
      readonly digest: string
      readonly uid: string
      readonly resourceVersion: string
      /** The switches and owner labels among the live labels and annotations, where they differ from what was applied. */
      readonly metadata?: Pick<KubeObject['metadata'], 'labels' | 'annotations'>
    }

/** What is known about the cluster, as a value. */
export type LiveView = (ref: Omit<ObjectRef, 'version'>) => LiveState

/** A view of the objects of a list; everything else is absent. */
export function viewOf(objects: readonly { readonly ref: ObjectRef; readonly state: LiveState }[]): LiveView {
  const states = new Map(objects.map(({ ref, state }) => [refKey(ref), state]))
  return ref => states.get(refKey(ref)) ?? { state: 'absent' }
}

/** Nothing is known: every object has to be looked at. */
export const unknownView: LiveView = () => ({ state: 'unknown' })
