import { CloudError, cloudHttp } from '../cloud/http.ts'
import type { Cloud, Workload } from '../cloud/workload.ts'
import type { KubeClient } from '../kube/client-types.ts'
import type { Clock } from '../manifest/clock.ts'
import { expiringCache } from '../manifest/expiring.ts'
import { isObject, type JsonValue } from '../manifest/json.ts'

/** The exchange of identities for an engine on a cluster. */
export function openCloud(cluster: KubeClient, clock: Clock, env: NodeJS.ProcessEnv = process.env): Cloud {
  const now = () => clock.now()
  return { http: cloudHttp(env), env, now, cache: expiringCache(now), self: () => ownWorkload(cluster) }
}

const ACCOUNT_MS = 60_000

/** A service account of the cluster as it was within the last minute. Rejects with a `CloudError` where there is none. */
export function readWorkload(cluster: KubeClient, cloud: Cloud, namespace: string, name: string): Promise<Workload> {
  return cloud.cache.get(`account ${namespace}/${name}`, async () => {
    const value = await findWorkload(cluster, namespace, name)
    return { value, expires: cloud.now() + ACCOUNT_MS }
  })
}

async function findWorkload(cluster: KubeClient, namespace: string, name: string): Promise<Workload> {
  const account = await cluster.get({ group: '', version: 'v1', kind: 'ServiceAccount', namespace, name })
  if (account === undefined)
    throw new CloudError(`service account '${namespace}/${name}' does not exist`, 'create it, or correct its name')
  return workload(cluster, namespace, name, account.metadata.annotations ?? {})
}

function workload(
  cluster: KubeClient,
  namespace: string,
  name: string,
  annotations: Workload['annotations'],
): Workload {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(name)}/token`
  return {
    namespace,
    name,
    annotations,
    async token(audiences) {
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences } }
      const { token, expirationTimestamp } = statusOf(await cluster.raw('POST', path, { body }))
      return { value: String(token), expires: Date.parse(String(expirationTimestamp)) }
    },
  }
}

/** Who this client is, if it is a service account. */
async function ownWorkload(cluster: KubeClient): Promise<Workload | undefined> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
  const { userInfo } = statusOf(
    await cluster.raw('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body }),
  )
  const username = isObject(userInfo) ? String(userInfo['username']) : ''
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username) ?? []
  return namespace === undefined || name === undefined ? undefined : workload(cluster, namespace, name, {})
}

function statusOf(answer: JsonValue) {
  const status = isObject(answer) ? answer['status'] : undefined
  return isObject(status) ? status : {}
}
