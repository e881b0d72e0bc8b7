import { connectionOf } from '../../kube/kubeconfig.ts'
import { parseKubeconfig } from '../../kube/load-connection.ts'
import { isArray, isObject } from '../../manifest/json.ts'
import { type ClusterAccess, type ClusterData, sameAddress } from '../cluster-access.ts'
import { askJson, CloudError, field } from '../http.ts'
import type { Cloud, Workload } from '../workload.ts'
import { azureToken } from './token.ts'

const MANAGEMENT = 'https://management.azure.com'
const API_VERSION = '2024-09-01'
/** The application that AKS clusters with Entra ID take tokens for. */
const SERVER_SCOPE = '6dae42f8-4368-4678-94ff-3960e28e3630/.default'

/**
 * Access to an AKS cluster, named by its resource ID: address and CA from its user kubeconfig where they are not given; the
 * token is one of Entra ID for the AKS server application.
 */
export async function aksAccess(
  cloud: Cloud,
  { cluster, address, ca }: ClusterData,
  workload: Workload | undefined,
): Promise<ClusterAccess> {
  const known = address !== undefined && ca !== undefined ? { address, ca } : await describe()

  async function describe() {
    const id =
      /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.ContainerService\/managedClusters\/[^/]+$/i
    if (!id.test(cluster ?? ''))
      throw new CloudError(
        `'${cluster ?? ''}' is no resource ID of an AKS cluster`,
        "set the key 'cluster' to /subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.ContainerService/managedClusters/<name>",
      )
    const what = `could not get the credentials of the AKS cluster ${cluster}`
    const authorization = `Bearer ${await azureToken(cloud, `${MANAGEMENT}/.default`, workload)}`
    const url = `${MANAGEMENT}${cluster}/listClusterUserCredential?api-version=${API_VERSION}`
    const hint = 'give the identity the role Azure Kubernetes Service Cluster User, or set address and ca.crt'
    const answer = await askJson(cloud.http, { method: 'POST', url, headers: { authorization } }, what, hint)
    const listed = answer['kubeconfigs']
    const connections = (isArray(listed) ? listed : []).map((entry, index) => {
      const text = Buffer.from(field(isObject(entry) ? entry : {}, 'value', what), 'base64').toString()
      return connectionOf(parseKubeconfig(text, `kubeconfig ${index} of ${cluster}`))
    })
    const found = connections.find(({ server }) => address === undefined || sameAddress(address, server))
    if (found === undefined)
      throw new CloudError(
        `the AKS cluster ${cluster} has the addresses ${connections.map(({ server }) => server).join(', ')}, not ${address}`,
        "correct the key 'address', or leave it out",
      )
    const authority = found.ca !== undefined && 'pem' in found.ca ? found.ca.pem : undefined
    const trusted = ca ?? authority
    return { address: found.server, ...(trusted !== undefined && { ca: trusted }) }
  }

  return { ...known, token: () => azureToken(cloud, SERVER_SCOPE, workload) }
}
