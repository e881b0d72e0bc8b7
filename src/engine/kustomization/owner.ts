import type { Kustomization } from '../../api/kustomization.ts'
import type { Owner } from '../../plan/switches.ts'

/** A Kustomization as the owner that the labels of its objects name. */
export function ownerOf({ metadata }: Kustomization): Owner {
  return { name: metadata.name, namespace: metadata.namespace ?? '' }
}
