import type { KubeClient } from '../../kube/client-types.ts'
import { watchResource } from '../../kube/informer.ts'
import type { Clock } from '../../manifest/clock.ts'
import type { ObjectRef } from '../../manifest/object.ts'

/** Resolves when the object with this uid is no longer there; rejects when the time is over before or the signal aborts. */
export async function awaitGone(
  ref: ObjectRef,
  uid: string,
  cluster: KubeClient,
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal,
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
  const onAbort = () => reject(new Error(`stopped waiting for ${ref.kind} ${ref.name} to be deleted`))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    if (signal.aborted) onAbort()
    await informer.synced
    if (informer.get(ref.namespace, ref.name)?.metadata.uid !== uid) return
    await promise
  } finally {
    cancel()
    signal.removeEventListener('abort', onAbort)
    informer.close()
  }
}
