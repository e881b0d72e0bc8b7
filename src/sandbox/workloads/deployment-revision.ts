import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { labelsAt, numberAt, objectAt, withAt } from '../kinds/schema/value.ts'
import { noteReplicaSet } from './deployment-status.ts'
import { type RolloutContext, surgeOf } from './rollout.ts'
import { ownerReference } from './shared/index-of.ts'
import { templateHash } from './shared/template-hash.ts'

const revisionKey = 'deployment.kubernetes.io/revision'
const historyKey = 'deployment.kubernetes.io/revision-history'
const hashLabel = 'pod-template-hash'
const deployments = 'apps/deployments'
const sets = 'apps/replicasets'

/** Annotations of a Deployment that its ReplicaSets do not get. */
const notCopied: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionKey,
  historyKey,
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.to',
])

/** The number of a ReplicaSet in its Deployment's history; 0 where it has none. */
export function revisionOf(set: KubeObject): number {
  return Number(set.metadata.annotations?.[revisionKey] ?? 0)
}

/** A pod template without the label that tells ReplicaSets apart. */
function templateOf(object: KubeObject): JsonObject {
  const template = objectAt(object, 'spec', 'template')
  const labels = labelsAt(template, 'metadata', 'labels')
  if (labels[hashLabel] === undefined) return template
  const { [hashLabel]: _hash, ...rest } = labels
  return withAt(template, ['metadata', 'labels'], Object.keys(rest).length === 0 ? undefined : rest)
}

/**
 * The ReplicaSet for the Deployment's template: the one that has it (a rollback finds an old one, which gets a new
 * revision), or a new one where `create` is set. Annotations and revision of both are brought up to date.
 */
export function newReplicaSet(
  context: RolloutContext,
  deployment: KubeObject,
  owned: readonly KubeObject[],
  create: boolean,
): KubeObject | undefined {
  const { client } = context
  const wanted = templateOf(deployment)
  const found = owned
    .filter(set => isDeepStrictEqual(templateOf(set), wanted))
    .toSorted((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''))[0]
  const others = owned.filter(set => set !== found)
  const revision = Math.max(0, ...others.map(revisionOf)) + 1
  if (found === undefined && !create) return undefined
  if (found === undefined) {
    const made = createSet(context, deployment, others, revision)
    noteReplicaSet(context, deployment, made, 'NewReplicaSetCreated')
    setRevision(context, deployment, String(revision))
    return made
  }
  const annotations = annotationsFor(deployment, found, Math.max(revision, revisionOf(found)))
  const minReadySeconds = numberAt(deployment, 'spec', 'minReadySeconds')
  const stale =
    !isDeepStrictEqual(annotations, found.metadata.annotations) ||
    numberAt(found, 'spec', 'minReadySeconds') !== minReadySeconds
  const set = stale
    ? client.update(sets, {
        ...found,
        metadata: { ...found.metadata, annotations },
        spec: withAt(objectAt(found, 'spec'), ['minReadySeconds'], minReadySeconds === 0 ? undefined : minReadySeconds),
      })
    : found
  noteReplicaSet(context, deployment, set, 'FoundNewReplicaSet')
  setRevision(context, deployment, annotations[revisionKey] ?? '')
  return set
}

function annotationsFor(deployment: KubeObject, set: KubeObject | undefined, revision: number): Record<string, string> {
  const own = Object.fromEntries(
    Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !notCopied.has(key)),
  )
  const before = set?.metadata.annotations ?? {}
  const former = before[revisionKey]
  const changed = former !== undefined && former !== String(revision)
  const history = [...(before[historyKey]?.split(',') ?? []), former].join(',')
  return { ...before, ...own, [revisionKey]: String(revision), ...(changed ? { [historyKey]: history } : {}) }
}

function setRevision({ client }: RolloutContext, deployment: KubeObject, revision: string): void {
  const { namespace = '', name } = deployment.metadata
  const live = client.get(deployments, namespace, name)
  if (live === undefined || live.metadata.annotations?.[revisionKey] === revision) return
  // by the status, which makes no new generation of it
  client.patch(
    deployments,
    namespace,
    name,
    { metadata: { annotations: { [revisionKey]: revision } } },
    { subresource: 'status' },
  )
}

function createSet(
  { client }: RolloutContext,
  deployment: KubeObject,
  others: readonly KubeObject[],
  revision: number,
): KubeObject {
  const { namespace = '', name } = deployment.metadata
  const template = templateOf(deployment)
  const hash = templateHash(template, numberAt(deployment, 'status', 'collisionCount'))
  const desired = numberAt(deployment, 'spec', 'replicas')
  const surge = surgeOf(deployment)
  const existing = others.reduce((total, set) => total + numberAt(set, 'spec', 'replicas'), 0)
  const rolling = objectAt(deployment, 'spec', 'strategy')['type'] === 'RollingUpdate'
  const replicas = rolling
    ? Math.max(0, Math.min(desired, desired + surge - existing))
    : others.length === 0
      ? desired
      : 0
  const labelled = withAt(template, ['metadata', 'labels', hashLabel], hash)
  const minReadySeconds = numberAt(deployment, 'spec', 'minReadySeconds')
  const made = client.create(sets, {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: labelsAt(labelled, 'metadata', 'labels'),
      annotations: {
        ...annotationsFor(deployment, undefined, revision),
        'deployment.kubernetes.io/desired-replicas': String(desired),
        'deployment.kubernetes.io/max-replicas': String(desired + surge),
      },
      ownerReferences: [ownerReference(deployment)],
    },
    spec: {
      replicas,
      ...(minReadySeconds === 0 ? {} : { minReadySeconds }),
      selector: withAt(objectAt(deployment, 'spec', 'selector'), ['matchLabels', hashLabel], hash),
      template: labelled,
    },
  })
  return made
}
