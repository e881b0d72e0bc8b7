import type { KubeObject } from '../manifest/object.ts'

/**
 * Whether an apply has created the object, by the server's answer: nobody else has written to it, and our fields are as old as
 * the object itself. A view of the cluster may have missed an object that was there; that one must never be taken for ours.
 */
export function isNewborn(object: KubeObject, manager: string): boolean {
  const { creationTimestamp, managedFields = [] } = object.metadata
  return managedFields.every(entry => entry.manager === manager && entry.time === creationTimestamp)
}
