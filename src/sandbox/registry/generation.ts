import type { KubeObject } from '../../manifest/object.ts'
import { equal } from '../equal.ts'
import { type Kind, storageKey } from '../kind.ts'
import { withMetadata } from './metadata.ts'

/** A changed object with the generation that follows; kinds that do not count keep what they have. */
export function withGeneration(kind: Kind, prepared: KubeObject, live: KubeObject): KubeObject {
  if (!countsGenerations(kind)) return prepared
  const changed =
    kind.strategy.changesGeneration?.(prepared, live) ??
    (specDiffers(prepared, live) ||
      (LABELS_COUNT.has(storageKey(kind)) && !equal(prepared.metadata.labels, live.metadata.labels)))
  const generation = (live.metadata.generation ?? 0) + (changed ? 1 : 0)
  return withMetadata(prepared, { generation: generation === 0 ? undefined : generation })
}

/** Kinds with a status subresource count generations; a few others do so without. */
export function countsGenerations(kind: Kind): boolean {
  return kind.custom === true || kind.subresources.includes('status')
    ? !UNCOUNTED.has(storageKey(kind))
    : COUNTED.has(storageKey(kind))
}

const UNCOUNTED: ReadonlySet<string> = new Set([
  '/namespaces',
  '/nodes',
  '/persistentvolumeclaims',
  '/persistentvolumes',
  '/services',
  '/resourcequotas',
  'autoscaling/horizontalpodautoscalers',
  'storage.k8s.io/volumeattachments',
  'certificates.k8s.io/certificatesigningrequests',
  'apiregistration.k8s.io/apiservices',
  'resource.k8s.io/resourceclaims',
])

/** Kinds for which other labels are another generation. */
const LABELS_COUNT: ReadonlySet<string> = new Set(['discovery.k8s.io/endpointslices'])

const COUNTED: ReadonlySet<string> = new Set([
  'networking.k8s.io/networkpolicies',
  'networking.k8s.io/ingressclasses',
  '/podtemplates',
  'scheduling.k8s.io/priorityclasses',
  'discovery.k8s.io/endpointslices',
  'admissionregistration.k8s.io/validatingwebhookconfigurations',
  'admissionregistration.k8s.io/mutatingwebhookconfigurations',
  'admissionregistration.k8s.io/validatingadmissionpolicybindings',
])

function specDiffers(object: KubeObject, old: KubeObject): boolean {
  const { metadata: _m1, status: _s1, apiVersion: _a1, ...next } = object
  const { metadata: _m2, status: _s2, apiVersion: _a2, ...previous } = old
  return !equal(next, previous)
}
