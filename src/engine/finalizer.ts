import type { Cluster } from '../kube/cluster.ts'
import { ApiError } from '../kube/cluster.ts'
import { type KubeObject, refOf } from '../manifest/object.ts'

/** The finalizer that all Flux controllers use. */
export const FINALIZER = 'finalizers.fluxcd.io'

export function hasFinalizer({ metadata }: KubeObject): boolean {
  return metadata.finalizers?.includes(FINALIZER) ?? false
}

/** Puts the finalizer on an object; the object comes back as the server has it then. */
export async function addFinalizer<T extends KubeObject>(
  cluster: Cluster,
  object: T,
  fieldManager: string,
): Promise<T> {
  const finalizers = [...(object.metadata.finalizers ?? []), FINALIZER]
  return (await patchFinalizers(cluster, object, finalizers, fieldManager)) as T
}

/** Takes the finalizer away; nothing happens where the object is gone already. */
export async function removeFinalizer(cluster: Cluster, object: KubeObject, fieldManager: string): Promise<void> {
  const finalizers = (object.metadata.finalizers ?? []).filter(each => each !== FINALIZER)
  try {
    await patchFinalizers(cluster, object, finalizers, fieldManager)
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 404) throw error
  }
}

/** The version makes it a conflict when somebody else changes the list at the same time; the next run sees theirs. */
function patchFinalizers(cluster: Cluster, object: KubeObject, finalizers: readonly string[], fieldManager: string) {
  const { resourceVersion } = object.metadata
  const metadata = { finalizers, ...(resourceVersion !== undefined && { resourceVersion }) }
  return cluster.patch(refOf(object), { metadata }, { type: 'merge', fieldManager })
}
