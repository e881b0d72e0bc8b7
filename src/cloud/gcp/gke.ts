import { isObject } from '../../manifest/json.ts'
import { type ClusterAccess, type ClusterData, canonicalAddress, sameAddress } from '../cluster-access.ts'
import { askJson, CloudError, field } from '../http.ts'
import type { Cloud, Workload } from '../workload.ts'
import { gcpToken } from './token.ts'

/** Access to a GKE cluster, named by its resource name: address and CA from its description where they are not given. */
export async function gkeAccess(
  cloud: Cloud,
  { cluster = '', address, ca }: ClusterData,
  workload: Workload | undefined,
): Promise<ClusterAccess> {
  const token = () => gcpToken(cloud, workload)
  if (address !== undefined && ca !== undefined) return { address, ca, token }
  if (!/^projects\/[^/]{1,200}\/locations\/[^/]{1,200}\/clusters\/[^/]{1,200}$/.test(cluster))
    throw new CloudError(
      `'${cluster}' is no name of a GKE cluster`,
      "set the key 'cluster' to projects/<project>/locations/<location>/clusters/<name>",
    )
  const what = `could not describe the GKE cluster ${cluster}`
  const url = `https://container.googleapis.com/v1/${cluster}`
  const hint = 'give the identity the role Kubernetes Engine Cluster Viewer, or set address and ca.crt'
  const headers = { authorization: `Bearer ${await token()}` }
  const described = await askJson(cloud.http, { method: 'GET', url, headers }, what, hint)
  const endpoint = canonicalAddress(field(described, 'endpoint', what))
  if (address !== undefined && !sameAddress(address, endpoint))
    throw new CloudError(
      `the GKE cluster ${cluster} has the address ${endpoint}, not ${address}`,
      "correct the key 'address', or leave it out",
    )
  if (ca !== undefined) return { address: endpoint, ca, token }
  const auth = described['masterAuth']
  const data = field(isObject(auth) ? auth : {}, 'clusterCaCertificate', what)
  return { address: endpoint, ca: Buffer.from(data, 'base64').toString(), token }
}
