import { compareText } from '../../../manifest/compare-text.ts'
import { editFields, type FieldSpec } from '../field-spec.ts'
import { scalar, setField } from '../node.ts'
import type { Resource } from '../resource.ts'
import type { ResourceList } from '../resource-list.ts'
import { edit, editKey } from '../shared-resource.ts'

/** Sets entries of maps (labels or annotations) at every place of the specs; the places of one object share the nodes. */
export function setEntries(
  list: ResourceList,
  entries: ReadonlyMap<string, string> | undefined,
  specs: readonly FieldSpec[],
): void {
  if (entries === undefined || entries.size === 0) return
  const keys = [...entries.keys()].toSorted(compareText)
  const key = editKey('entries', entries, specs)
  const set = ({ node }: Resource): void => {
    for (const key of keys) {
      const value = scalar(entries.get(key) ?? '', '!!str')
      editFields(node, specs, {
        set: map => setField(map, key, value),
        createKind: 'mapping',
        createTag: '!!map',
      })
    }
  }
  for (const item of list.items) edit(item, key, set)
}
