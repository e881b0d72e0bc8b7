import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../manifest/clock.ts'
import { gvkOf, type KubeObject } from '../manifest/object.ts'
import type { LiveChange } from './live-objects.ts'

/** Changes that come this close after one another lead to one restart. */
const TOGETHER_MS = 2000

/** Gathers changes of ConfigMaps and Secrets, so that several of them restart a workload once. */
export interface ConfigChanges {
  /** To be told every change of live objects; those of other kinds, and of nothing but metadata, do not count. */
  take(change: LiveChange): void
}

function contentOf(object: KubeObject): unknown {
  const { annotations, labels } = object.metadata
  return [object['data'], object['binaryData'], annotations, labels]
}

/** `onChanges` gets the objects that changed, a moment after the first of them did. */
export function gatherConfigChanges(clock: Clock, onChanges: (objects: readonly KubeObject[]) => void): ConfigChanges {
  let gathered: KubeObject[] = []

  function tell(): void {
    const objects = gathered
    gathered = []
    onChanges(objects)
  }

  return {
    take({ object, previous, type }) {
      const { group, kind } = gvkOf(object)
      if (group !== '' || (kind !== 'ConfigMap' && kind !== 'Secret')) return
      if (type === 'present' && previous !== undefined && isDeepStrictEqual(contentOf(previous), contentOf(object)))
        return
      if (gathered.length === 0) clock.after(TOGETHER_MS, tell)
      gathered.push(object)
    },
  }
}
