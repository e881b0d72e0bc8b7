import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import type { SandboxClient } from '../client.ts'
import { labelsAt, numberAt, objectAt, withAt } from '../kinds/schema/value.ts'
import { ownerReference } from './shared/index-of.ts'
import { templateHash } from './shared/template-hash.ts'

const resource = 'apps/controllerrevisions'

/** The history of an owner's templates and which of them is the newest. */
export interface Revisions {
  readonly current: KubeObject
  readonly all: readonly KubeObject[]
}

/**
 * The ControllerRevision of an owner's present template: the one that has it, moved to the front when it was an older one,
 * or a new one. `hashLabel` also names the revision.
 */
export function syncRevisions(client: SandboxClient, owner: KubeObject, owned: readonly KubeObject[]): Revisions {
  const { namespace = '', name } = owner.metadata
  const data: JsonObject = { spec: { template: { ...objectAt(owner, 'spec', 'template'), $patch: 'replace' } } }
  const newest = Math.max(0, ...owned.map(one => numberAt(one, 'revision')))
  const found = owned.find(one => isDeepStrictEqual(one['data'], data))
  if (found !== undefined) {
    if (numberAt(found, 'revision') === newest) return { current: found, all: owned }
    const moved = client.update(resource, { ...found, revision: newest + 1 })
    return { current: moved, all: [...owned.filter(one => one !== found), moved] }
  }
  const hash = templateHash(data, numberAt(owner, 'status', 'collisionCount'))
  const made = client.create(resource, {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...labelsAt(owner, 'spec', 'template', 'metadata', 'labels'), [hashLabelOf(owner)]: hash },
      ...(owner.metadata.annotations === undefined ? {} : { annotations: owner.metadata.annotations }),
      ownerReferences: [ownerReference(owner)],
    },
    data,
    revision: newest + 1,
  })
  return { current: made, all: [...owned, made] }
}

function hashLabelOf(owner: KubeObject): string {
  return owner.kind === 'DaemonSet' ? 'controller-revision-hash' : 'controller.kubernetes.io/hash'
}

/** The template that a revision keeps. */
export function templateOfRevision(revision: KubeObject): JsonObject {
  return withAt(objectAt(revision, 'data', 'spec', 'template'), ['$patch'], undefined)
}

/** Drops revisions beyond the limit that no pod has, the oldest first. */
export function trimRevisions(
  client: SandboxClient,
  revisions: Revisions,
  used: ReadonlySet<string>,
  limit: number,
): void {
  const idle = revisions.all
    .filter(one => one.metadata.uid !== revisions.current.metadata.uid && !used.has(one.metadata.name))
    .toSorted((a, b) => numberAt(a, 'revision') - numberAt(b, 'revision'))
  for (const one of idle.slice(0, Math.max(0, idle.length - limit)))
    client.delete(resource, one.metadata.namespace ?? '', one.metadata.name)
}
