import type { KubeClient } from '../../kube/client-types.ts'
import { gvkOf, type KubeObject } from '../../manifest/object.ts'
import { ownedFields, ownsPath } from '../../plan/field-set.ts'

const REPLICAS = ['spec', 'replicas']

/** Those of some live objects whose number of replicas a manager owns: `resource.group/namespace/name`, in order. */
export async function scaledObjects(
  objects: readonly KubeObject[],
  manager: string,
  cluster: Pick<KubeClient, 'resource'>,
): Promise<readonly string[]> {
  const owning = objects.filter(object => {
    const fields = ownedFields(object, manager)
    return fields !== undefined && ownsPath(fields, object as never, REPLICAS)
  })
  const refs = await Promise.all(
    owning.map(async object => {
      const { group, namespaced, plural, subresources } = await cluster.resource(gvkOf(object))
      const { name, namespace } = object.metadata
      return namespaced && subresources.includes('scale') ? [`${plural}.${group}/${namespace}/${name}`] : []
    }),
  )
  return refs.flat().toSorted()
}
