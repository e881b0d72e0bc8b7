import { createHash } from 'node:crypto'
import type { Kustomization } from '../../api/kustomization.ts'
import { CloudError } from '../../cloud/http.ts'
import { type RemoteCluster, remoteCluster } from '../../cloud/remote-cluster.ts'
import type { Cloud } from '../../cloud/workload.ts'
import type { KubeClient } from '../../kube/client-types.ts'
import { connectionOf } from '../../kube/kubeconfig.ts'
import { parseKubeconfig } from '../../kube/load-connection.ts'
import { safeConnection } from '../../kube/safe-kubeconfig.ts'
import { formatRef, refOf } from '../../manifest/object.ts'
import type { Reference, References } from '../references.ts'
import { readWorkload } from '../workload.ts'
import { textDataOf } from './variables.ts'

interface Remotes {
  /** Where the Kustomizations are. */
  readonly cluster: KubeClient
  readonly references: References
  readonly cloud: Cloud
  /** Reaches a cluster as this service account where the ConfigMap names none. */
  readonly defaultKubeconfigServiceAccount?: string | undefined
}

/** The Secret or ConfigMap that says where another cluster is, where a Kustomization names one. */
export function kubeconfigReferenceOf({ metadata, spec }: Kustomization): readonly Reference[] {
  const { secretRef, configMapRef } = spec.kubeConfig ?? {}
  const namespace = metadata.namespace ?? ''
  if (secretRef !== undefined) return [{ kind: 'Secret', namespace, name: secretRef.name }]
  return configMapRef === undefined ? [] : [{ kind: 'ConfigMap', namespace, name: configMapRef.name }]
}

/**
 * How to reach the other cluster that a Kustomization names; undefined where it names none. Rejects with an `Error` that says
 * what is missing, or what a provider refused, and what to do.
 */
export async function remoteConnection(
  kustomization: Kustomization,
  remotes: Remotes,
): Promise<RemoteCluster | undefined> {
  const [reference] = kubeconfigReferenceOf(kustomization)
  if (reference === undefined) return undefined
  const { kind, namespace, name } = reference
  const object = await remotes.references.read(reference, formatRef(refOf(kustomization)))
  if (object === undefined)
    throw new Error(
      `the kubeconfig ${kind} '${namespace}/${name}' does not exist; create it or correct spec.kubeConfig`,
    )
  const data = textDataOf(object)
  if (kind === 'Secret') return fromKubeconfig(data, kustomization.spec.kubeConfig?.secretRef?.key, namespace, name)
  try {
    return await fromConfigMap(data, namespace, name, remotes)
  } catch (error) {
    if (!(error instanceof CloudError)) throw error
    throw new Error(`${error.message}; ${error.hint}`, { cause: error })
  }
}

function fromKubeconfig(
  data: Readonly<Record<string, string>>,
  key: string | undefined,
  namespace: string,
  name: string,
): RemoteCluster {
  const text = key === undefined ? (data['value'] ?? data['value.yaml']) : data[key]
  if (text === undefined)
    throw new Error(
      `the kubeconfig Secret '${namespace}/${name}' has no key '${key ?? 'value'}'; it has: ${Object.keys(data).join(', ')}`,
    )
  const digest = createHash('sha256').update(text).digest('hex')
  const { connection } = safeConnection(connectionOf(parseKubeconfig(text, `Secret/${namespace}/${name}`)))
  return { key: `${namespace}/${name}/${digest}`, connection }
}

async function fromConfigMap(
  data: Readonly<Record<string, string>>,
  namespace: string,
  name: string,
  { cluster, cloud, defaultKubeconfigServiceAccount }: Remotes,
): Promise<RemoteCluster> {
  const account = data['serviceAccountName'] ?? defaultKubeconfigServiceAccount
  const workload = account === undefined ? undefined : await readWorkload(cluster, cloud, namespace, account)
  return remoteCluster(cloud, data, workload, `ConfigMap/${namespace}/${name}`)
}
