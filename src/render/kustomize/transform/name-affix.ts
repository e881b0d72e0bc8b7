import type { YamlNode } from '../../../manifest/yaml/node.ts'
import { editField, type FieldSpec } from '../field-spec.ts'
import { scalar, setScalar } from '../node.ts'
import { addPrefix, addSuffix, currentId, originalId, type Resource, rememberId } from '../resource.ts'
import { effectiveNamespace, type Gvk, isSelected } from '../resource-id.ts'
import { idsChanged, type ResourceList } from '../resource-list.ts'
import { edit, editKey } from '../shared-resource.ts'

const untouched: readonly Gvk[] = [
  { group: '', version: '', kind: 'CustomResourceDefinition' },
  { group: 'apiregistration.k8s.io', version: '', kind: 'APIService' },
  { group: '', version: '', kind: 'Namespace' },
]

/** Puts text before or behind the names of objects; CRDs, API services and namespaces keep theirs. */
export function affixNames(
  list: ResourceList,
  where: 'prefix' | 'suffix',
  affix: string,
  specs: readonly FieldSpec[],
): void {
  const key = editKey('affix', where, affix, specs)
  const isMeant = (node: YamlNode): boolean => {
    const id = originalId(node)
    return !untouched.some(gvk => isSelected(id, gvk))
  }
  const rename = ({ node }: Resource): void => {
    const id = originalId(node)
    for (const spec of specs) {
      if (!isSelected(id, spec)) continue
      if (spec.path === 'metadata/name') {
        if (where === 'prefix') addPrefix(node, affix)
        else addSuffix(node, affix)
        if (affix !== '') rememberId(node, effectiveNamespace(currentId(node)))
      }
      editField(node, spec, {
        set: field => setScalar(field, scalar(where === 'prefix' ? affix + field.value : field.value + affix)),
        createKind: 'scalar',
        createTag: '!!str',
      })
    }
  }
  for (const item of list.items) edit(item, key, rename, isMeant)
  idsChanged(list)
}
