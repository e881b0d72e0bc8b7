import type { KubeClient } from '../../kube/client-types.ts'
import { watchResource } from '../../kube/informer.ts'
import type { Clock } from '../../manifest/clock.ts'
import type { ObjectRef } from '../../manifest/object.ts'

/** Resolves when the object with this uid is no longer there; rejects when the time is over before. */
export async function awaitGone(
  ref: ObjectRef,
  uid: string,
  cluster: KubeClient,
  clock: Clock,
  timeoutMs: number,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const informer = watchResource(cluster, ref, {
    ...(ref.namespace !== '' && { namespace: ref.namespace }),
    fieldSelector: `metadata.name=${ref.name}`,
    onChange: ({ type, object }) => {
      if (type === 'deleted' ? object.metadata.uid === uid : object.metadata.uid !== uid) resolve()
    },
  })
  const cancel = clock.after(timeoutMs, () =>
    reject(new Error(`timed out waiting for ${ref.kind} ${ref.name} to be deleted`)),
  )
  try {
    await informer.synced
    if (informer.get(ref.namespace, ref.name)?.metadata.uid !== uid) return
    await promise
  } finally {
    cancel()
    informer.close()
  }
}
