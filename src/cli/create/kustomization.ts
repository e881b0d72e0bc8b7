import path from 'node:path'
import { kustomizationKind } from '../../api/kustomization.ts'
import type { JsonObject } from '../../manifest/json.ts'
import { apiVersionOf, type KubeObject } from '../../manifest/object.ts'
import { CommandFailure } from '../failure.ts'
import { checkName, dependencyOf, durationFlag, labelsOf, nameAndNamespace } from './flags.ts'

/** Flags of `create kustomization`, as commander gives them. */
export interface KustomizationFlags {
  readonly source?: string
  readonly path: string
  readonly prune?: boolean
  readonly wait?: boolean
  readonly force?: boolean
  readonly interval: string
  readonly retryInterval?: string
  readonly healthCheck?: readonly string[]
  readonly healthCheckTimeout: string
  readonly dependsOn?: readonly string[]
  readonly targetNamespace?: string
  readonly serviceAccount?: string
  readonly kubeconfigSecretRef?: string
  readonly decryptionProvider?: string
  readonly decryptionSecret?: string
  readonly label?: readonly string[]
}

const SOURCES = ['GitRepository', 'OCIRepository', 'Bucket', 'ExternalArtifact']
const CHECKED: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1',
  DaemonSet: 'apps/v1',
  StatefulSet: 'apps/v1',
  HelmRelease: 'helm.toolkit.fluxcd.io/v2',
}

/** `[Kind/]name[.namespace]`. */
function sourceRefOf(text: string): JsonObject {
  const at = text.indexOf('/')
  const given = at < 0 ? 'GitRepository' : text.slice(0, at)
  const kind = SOURCES.find(each => each.toLowerCase() === given.toLowerCase())
  if (kind === undefined)
    throw new CommandFailure(`source kind '${given}' is not supported, must be one of: ${SOURCES.join(', ')}`)
  const { name, namespace } = nameAndNamespace(text.slice(at + 1))
  return { kind, name, ...(namespace !== undefined && { namespace }) }
}

/** `Kind/name.namespace`. */
function healthCheckOf(text: string): JsonObject {
  const [kind = '', rest = '', more] = text.split('/')
  const { name, namespace } = nameAndNamespace(rest)
  const apiVersion = CHECKED[kind]
  if (more !== undefined || name === '' || namespace === undefined || apiVersion === undefined) {
    const kinds = Object.keys(CHECKED).join(', ')
    throw new CommandFailure(`invalid health check '${text}'; write it as kind/name.namespace, with one of: ${kinds}`)
  }
  return { apiVersion, kind, name, namespace }
}

/** The Kustomization that the flags describe. Fails with what to add. */
export function kustomizationFrom(name: string, namespace: string, flags: KustomizationFlags): KubeObject {
  checkName(name)
  const { dependsOn, healthCheck, retryInterval, source, targetNamespace, wait } = flags
  if (source === undefined) throw new CommandFailure('source is required; add --source=GitRepository/NAME')
  const labels = labelsOf(flags.label)
  const checks = (healthCheck ?? []).map(healthCheckOf)
  const waits = wait === true || checks.length > 0
  const { decryptionProvider: provider, decryptionSecret, kubeconfigSecretRef, serviceAccount } = flags
  return {
    apiVersion: apiVersionOf(kustomizationKind),
    kind: kustomizationKind.kind,
    metadata: { name, namespace, ...(labels !== undefined && { labels }) },
    spec: {
      interval: durationFlag('interval', flags.interval),
      path: `./${path.posix.normalize(flags.path).replace(/^(\.?\/)+|^\.$|\/+$/g, '')}`,
      prune: flags.prune === true,
      sourceRef: sourceRefOf(source),
      ...(retryInterval !== undefined && { retryInterval: durationFlag('retry-interval', retryInterval) }),
      ...(dependsOn !== undefined && { dependsOn: dependsOn.map(dependencyOf) as never }),
      ...(targetNamespace !== undefined && { targetNamespace }),
      ...(serviceAccount !== undefined && { serviceAccountName: serviceAccount }),
      ...(flags.force === true && { force: true }),
      ...(wait === true && { wait }),
      ...(wait !== true && checks.length > 0 && { healthChecks: checks }),
      ...(waits && { timeout: durationFlag('health-check-timeout', flags.healthCheckTimeout) }),
      ...(kubeconfigSecretRef !== undefined && { kubeConfig: { secretRef: { name: kubeconfigSecretRef } } }),
      ...(provider !== undefined && {
        decryption: { provider, ...(decryptionSecret !== undefined && { secretRef: { name: decryptionSecret } }) },
      }),
    },
  }
}
