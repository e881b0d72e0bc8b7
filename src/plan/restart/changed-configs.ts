import { isObject, type JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { getAt } from '../pointer.ts'
import { CHECKSUM } from './with-checksums.ts'

/** `ConfigMap/name` to its digest. */
function checksumsOf(object: KubeObject): ReadonlyMap<string, string> | undefined {
  const annotations = getAt(object as unknown as JsonObject, ['spec', 'template', 'metadata', 'annotations'])
  const text = isObject(annotations) ? annotations[CHECKSUM] : undefined
  if (typeof text !== 'string') return undefined
  return new Map(
    text.split(',').map(item => {
      const end = item.lastIndexOf('=')
      return [item.slice(0, end), item.slice(end + 1)]
    }),
  )
}

/**
 * The ConfigMaps and Secrets (`Kind/name`) whose change makes a workload restart: those with another digest, and those that came
 * or went. None where the workload had no digests before: then it is the annotation that is new.
 */
export function changedConfigs(live: KubeObject, desired: KubeObject): readonly string[] {
  const [before, after] = [checksumsOf(live), checksumsOf(desired)]
  if (before === undefined || after === undefined) return []
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted()
  return names.filter(name => before.get(name) !== after.get(name))
}
