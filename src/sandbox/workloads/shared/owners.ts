import type { KubeObject } from '../../../manifest/object.ts'
import type { ControllerContext } from '../../controller.ts'
import { createIndex } from './index-of.ts'
import { createReconciler, keyOf, type Reconciler } from './reconciler.ts'

/** The work of a controller whose objects own others. */
export interface Owners {
  readonly queue: Reconciler
  /** Has the owner with this UID looked at; for changes of what it owns. */
  wake(uid: string): void
  stop(): void
}

/** Calls `work` with every object of the resource that was written or woken, as the store has it by then. */
export function reconcileOwners(
  context: ControllerContext,
  resource: string,
  work: (owner: KubeObject) => void,
): Owners {
  const { client } = context
  const queue = createReconciler(context, (namespace, name) => {
    const owner = client.get(resource, namespace, name)
    if (owner !== undefined) work(owner)
  })
  const byUid = createIndex(
    client,
    resource,
    owner => owner.metadata.uid,
    (_uid, owner) => queue.add(keyOf(owner)),
  )
  return {
    queue,
    wake(uid) {
      for (const owner of byUid.of(uid)) queue.add(keyOf(owner))
    },
    stop() {
      queue.stop()
      byUid.stop()
    },
  }
}
