import type { Expiring } from '../../manifest/expiring.ts'
import { isObject } from '../../manifest/json.ts'
import { type ClusterAccess, type ClusterData, sameAddress } from '../cluster-access.ts'
import { askJson, CloudError, field } from '../http.ts'
import { type Cloud, principalOf, type Workload } from '../workload.ts'
import { awsCredentials, awsEndpoint } from './credentials.ts'
import { presign, signHeaders } from './sigv4.ts'

/** The API server takes the token for a quarter of an hour, whatever the URL in it says. */
const TOKEN_MS = 15 * 60_000
const URL_SECONDS = 60

interface EksCluster {
  readonly arn: string
  readonly region: string
  readonly name: string
}

/**
 * Access to an EKS cluster, named by its ARN: address and CA from DescribeCluster where they are not given; the token is a
 * presigned GetCallerIdentity that is bound to the cluster's name, as aws-iam-authenticator describes it.
 */
export async function eksAccess(
  cloud: Cloud,
  { cluster: arn = '', address, ca }: ClusterData,
  workload: Workload | undefined,
): Promise<ClusterAccess> {
  const [, region, name] = /^arn:[\w-]+:eks:([a-z0-9-]+):\d{12}:cluster\/([\w-]+)$/.exec(arn) ?? []
  if (region === undefined || name === undefined)
    throw new CloudError(
      `'${arn}' is no ARN of an EKS cluster`,
      "set the key 'cluster' to arn:aws:eks:<region>:<account>:cluster/<name>",
    )
  const cluster = { arn, region, name }
  const token = () => cloud.cache.get(`eks ${arn} ${principalOf(workload)}`, () => issueToken(cloud, cluster, workload))
  if (address !== undefined && ca !== undefined) return { address, ca, token }
  const found = await describe(cloud, cluster, workload)
  if (address !== undefined && !sameAddress(address, found.address))
    throw new CloudError(
      `the EKS cluster ${arn} has the address ${found.address}, not ${address}`,
      "correct the key 'address', or leave it out",
    )
  return { address: found.address, ca: ca ?? found.ca, token }
}

async function describe(cloud: Cloud, { arn, region, name }: EksCluster, workload: Workload | undefined) {
  const what = `could not describe the EKS cluster ${arn}`
  const url = `${awsEndpoint('eks', region, cloud.env)}/clusters/${encodeURIComponent(name)}`
  const credentials = await awsCredentials(cloud, region, workload)
  const scope = { region, service: 'eks', now: cloud.now() }
  const headers = signHeaders({ method: 'GET', url, headers: {} }, credentials, scope)
  const hint = 'allow eks:DescribeCluster to the role, or set address and ca.crt'
  const { cluster: described } = await askJson(cloud.http, { method: 'GET', url, headers }, what, hint)
  const details = isObject(described) ? described : {}
  const authority = details['certificateAuthority']
  const data = field(isObject(authority) ? authority : {}, 'data', what)
  return { address: field(details, 'endpoint', what), ca: Buffer.from(data, 'base64').toString() }
}

async function issueToken(
  cloud: Cloud,
  { region, name }: EksCluster,
  workload: Workload | undefined,
): Promise<Expiring<string>> {
  const credentials = await awsCredentials(cloud, region, workload)
  const now = cloud.now()
  const url = presign(
    `${awsEndpoint('sts', region, cloud.env)}/?Action=GetCallerIdentity&Version=2011-06-15`,
    { 'x-k8s-aws-id': name },
    URL_SECONDS,
    credentials,
    { region, service: 'sts', now },
  )
  return { value: `k8s-aws-v1.${Buffer.from(url).toString('base64url')}`, expires: now + TOKEN_MS }
}
