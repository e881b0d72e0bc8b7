import type { KubeObject } from '../../manifest/object.ts'
import { ownedFields } from '../../plan/field-set.ts'
import type { LiveView } from '../../plan/live-view.ts'
import { belongsTo, type Owner, SWITCH_PREFIX } from '../../plan/switches.ts'
import { APPLY_MANAGER } from './expectations.ts'
import type { Target } from './workspace.ts'

/**
 * The cluster as plan sees it. What the watch of labelled objects does not show may still exist without our labels, so
 * that it counts as unknown and is looked at before anything is done to it.
 */
export function liveViewOf({ live, expectations }: Target): LiveView {
  return ref => {
    const object = live.get({ ...ref, version: '' })
    return object === undefined ? { state: 'unknown' } : expectations.stateOf(object)
  }
}

/** Applied by us on behalf of the owner; labels alone could be a copy, as EndpointSlices copy those of their Service. */
function isOurs(object: KubeObject, owner: Owner): boolean {
  return belongsTo(owner, object.metadata) && ownedFields(object, APPLY_MANAGER) !== undefined
}

function groupName({ name, namespace }: Owner): string {
  return `${namespace}/${name}`
}

/** The owner that an object's labels name, as the group it is listed by. */
export function ownerGroupOf({ metadata }: KubeObject): string | undefined {
  const name = metadata.labels?.[`${SWITCH_PREFIX}/name`]
  const namespace = metadata.labels?.[`${SWITCH_PREFIX}/namespace`]
  return name === undefined || namespace === undefined ? undefined : groupName({ name, namespace })
}

/** The live objects of an owner. */
export function managedBy(owner: Owner, { live }: Pick<Target, 'live'>): readonly KubeObject[] {
  return live.group(groupName(owner)).filter(object => isOurs(object, owner))
}
