import type { GitRepository } from '../../api/git-repository.ts'
import type { Kustomization } from '../../api/kustomization.ts'
import { gvkOf, type KubeObject } from '../../manifest/object.ts'
import type { Family, Labels, Sample } from './format.ts'

type Served = KubeObject & Partial<Pick<GitRepository & Kustomization, 'spec' | 'status'>>

/** `Deleted` is never true here, as the series end with the object, but alerts add it up with the others. */
const STATUSES = ['True', 'False', 'Unknown', 'Deleted']
const CONDITIONS = ['Ready', 'Reconciling', 'Stalled']

function conditionOf({ status }: Served, type: string): string | undefined {
  return status?.conditions?.find(each => each.type === type)?.status
}

function identityOf({ kind, metadata }: KubeObject): Labels {
  return { kind, name: metadata.name, namespace: metadata.namespace ?? '' }
}

function conditionSamples(object: Served): Sample[] {
  return CONDITIONS.flatMap(type => {
    const actual = conditionOf(object, type) ?? (type === 'Ready' ? 'Unknown' : undefined)
    if (actual === undefined) return []
    const labels = { ...identityOf(object), type }
    return STATUSES.map(status => ({ labels: { ...labels, status }, value: status === actual ? 1 : 0 }))
  })
}

/** The labels that kube-state-metrics gives the metric with Flux's own configuration for it. */
function infoLabels(object: Served): Labels {
  const { group, kind, version } = gvkOf(object)
  const spec = (object.spec ?? {}) as Partial<GitRepository['spec'] & Kustomization['spec']>
  const status = (object.status ?? {}) as NonNullable<GitRepository['status']> & NonNullable<Kustomization['status']>
  const own =
    kind === 'GitRepository'
      ? { url: spec.url ?? '', revision: status.artifact?.revision ?? '' }
      : {
          path: spec.path ?? '',
          revision: status.lastAppliedRevision ?? '',
          source_name: spec.sourceRef?.name ?? '',
          source_kind: spec.sourceRef?.kind ?? '',
        }
  return {
    customresource_group: group,
    customresource_kind: kind,
    customresource_version: version,
    exported_namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
    ready: conditionOf(object, 'Ready') ?? 'Unknown',
    suspended: spec.suspend === true ? 'true' : 'false',
    ...own,
  }
}

/** What dashboards and alerts for Flux read of each served object: its conditions, whether it is suspended, and what it is at. */
export function resourceFamilies(objects: readonly KubeObject[]): readonly Family[] {
  const served = objects as readonly Served[]
  return [
    {
      name: 'gotk_reconcile_condition',
      help: 'The state of a condition of an object: 1 for the status that it has.',
      type: 'gauge',
      samples: served.flatMap(conditionSamples),
    },
    {
      name: 'gotk_suspend_status',
      help: 'Whether an object is suspended.',
      type: 'gauge',
      samples: served.map(object => ({ labels: identityOf(object), value: object.spec?.suspend === true ? 1 : 0 })),
    },
    {
      name: 'gotk_resource_info',
      help: 'What an object is at, in its labels.',
      type: 'gauge',
      samples: served.map(object => ({ labels: infoLabels(object), value: 1 })),
    },
  ]
}
