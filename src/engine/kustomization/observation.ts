import type { KubeClient } from '../../kube/client-types.ts'
import { type Informer, watchResource } from '../../kube/informer.ts'
import { type ObjectRef, refKey } from '../../manifest/object.ts'
import type { LiveObjects } from '../live-objects.ts'
import type { Observation } from './health-wait.ts'

/**
 * Sees objects through the watches that are there anyway, and opens one by name for each object that they do not show:
 * one that is waited for but belongs to somebody else. `close` ends those.
 */
export async function observe(
  refs: readonly ObjectRef[],
  live: LiveObjects,
  cluster: KubeClient,
): Promise<Observation & { close(): void }> {
  const listeners = new Set<() => void>()
  const informers = new Map<string, Informer>()
  const answers: Promise<void>[] = []
  for (const ref of refs.filter(each => live.get(each) === undefined)) {
    const { promise, resolve } = Promise.withResolvers<void>()
    const informer = watchResource(cluster, ref, {
      ...(ref.namespace !== '' && { namespace: ref.namespace }),
      fieldSelector: `metadata.name=${ref.name}`,
      onChange: () => {
        for (const listener of listeners) listener()
      },
      onState: ({ phase }) => void (phase !== 'listing' && resolve()),
    })
    informers.set(refKey(ref), informer)
    answers.push(promise)
  }
  await Promise.all(answers)
  return {
    get: ref => live.get(ref) ?? informers.get(refKey(ref))?.get(ref.namespace, ref.name),
    subscribe(listener) {
      listeners.add(listener)
      const unsubscribe = live.follow(refs, listener)
      return () => {
        listeners.delete(listener)
        unsubscribe()
      }
    },
    close() {
      for (const informer of informers.values()) informer.close()
    },
  }
}
