import { editField, type FieldSpec } from '../field-spec.ts'
import { list as goList } from '../go-text.ts'
import type { Replica } from '../kustomization-fields.ts'
import { scalar, setScalar } from '../node.ts'
import { fail } from '../problem.ts'
import { formatGvk, isSelected } from '../resource-id.ts'
import { matchingAnyId, type ResourceList } from '../resource-list.ts'

/** Sets the number of replicas of the workload that has or had the name. */
export function setReplicas(list: ResourceList, replica: Replica, specs: readonly FieldSpec[]): void {
  let found = false
  for (const spec of specs) {
    for (const { node } of matchingAnyId(list, id => id.name === replica.name && isSelected(id, spec))) {
      found = true
      editField(node, spec, {
        set: field => setScalar(field, scalar(String(replica.count), '!!int')),
        createKind: 'scalar',
        createTag: '!!int',
      })
    }
  }
  if (!found)
    fail(
      `resource with name ${replica.name} does not match a config with the following GVK ${goList(specs.map(formatGvk))}`,
      { code: 'replicas-target-missing', derived: true, hint: 'replicas names a workload as it is called in its file' },
    )
}
