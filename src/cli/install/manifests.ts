import { gitRepositoryKind } from '../../api/git-repository.ts'
import { crdOf } from '../../api/kind.ts'
import { kustomizationKind } from '../../api/kustomization.ts'
import type { JsonObject } from '../../manifest/json.ts'
import { accessRules } from './access.ts'
import { networkPolicies, service } from './network.ts'
import { type InstallOptions, labelsOf, metadataIn } from './options.ts'
import { criticalQuota, deployment, disruptionBudget } from './workload.ts'

/** The version of the Flux API that the CRDs follow; the `flux` CLI reads it from their labels. */
const FLUX_VERSION = 'v2.9.4'

/** Every kind that Lockstep serves. */
export const servedKinds = [gitRepositoryKind, kustomizationKind]

/** Their CRDs. */
export function crds(): readonly JsonObject[] {
  return servedKinds.map(kind => crdOf(kind, FLUX_VERSION))
}

function namespaceOf(options: InstallOptions): JsonObject {
  const security = { 'pod-security.kubernetes.io/audit': 'restricted', 'pod-security.kubernetes.io/warn': 'restricted' }
  const labels = { ...labelsOf(options), ...security }
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: options.namespace, labels } }
}

/** Everything that an installation consists of, in the order in which it is applied, by the file it belongs to. */
export function installParts(options: InstallOptions): Readonly<Record<string, readonly JsonObject[]>> {
  return {
    namespace: [namespaceOf(options)],
    definitions: crds(),
    access: [{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadataIn(options) }, ...accessRules(options)],
    network: [service(options), ...networkPolicies(options)],
    workload: [criticalQuota(options), disruptionBudget(options), deployment(options)],
  }
}

/** Everything that an installation consists of, in the order in which it is applied. */
export function installManifests(options: InstallOptions): readonly JsonObject[] {
  return Object.values(installParts(options)).flat()
}
