import type { KubeObject } from '../../manifest/object.ts'
import { APPLY_MANAGER } from './expectations.ts'

/** The field manager, other than ours, that wrote an object last; undefined where the object does not say. */
export function lastWriter({ metadata }: KubeObject): string | undefined {
  const entries = metadata.managedFields ?? []
  const others = entries.filter(({ manager, subresource }) => manager !== APPLY_MANAGER && subresource !== 'status')
  return others.toSorted((a, b) => (a.time ?? '').localeCompare(b.time ?? '')).at(-1)?.manager
}
