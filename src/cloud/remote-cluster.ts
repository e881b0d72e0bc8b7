import { createHash } from 'node:crypto'
import type { Connection } from '../kube/connection.ts'
import { DiagnosticError } from '../manifest/diagnostic.ts'
import { isArray } from '../manifest/json.ts'
import { decodeNode } from '../manifest/yaml/decode.ts'
import { parseYaml } from '../manifest/yaml/parse.ts'
import { eksAccess } from './aws/eks.ts'
import { aksAccess } from './azure/aks.ts'
import { type ClusterAccess, type ClusterData, canonicalAddress } from './cluster-access.ts'
import { gkeAccess } from './gcp/gke.ts'
import { CloudError } from './http.ts'
import { type Cloud, principalOf, type Workload } from './workload.ts'

/** A cluster of `spec.kubeConfig.configMapRef`. Connections with the same key are the same. */
export interface RemoteCluster {
  readonly key: string
  readonly connection: Connection
}

/** Addresses and CAs are looked up again after this time. */
const DESCRIPTION_MS = 10 * 60_000

/**
 * How to reach the cluster that a ConfigMap describes, as the identity of a service account (or of this process): keys
 * `provider` (aws, azure, gcp, generic), `cluster`, `address`, `ca.crt` and `audiences`, as in Flux. Rejects with a
 * `CloudError` that says what is missing or was refused. `where` names the ConfigMap.
 */
export async function remoteCluster(
  cloud: Cloud,
  data: Readonly<Record<string, string>>,
  workload: Workload | undefined,
  where: string,
): Promise<RemoteCluster> {
  const { provider = '', cluster, address, 'ca.crt': ca } = data
  const audiences = audiencesOf(data['audiences'], where)
  const described: ClusterData = {
    ...(cluster !== undefined && cluster !== '' && { cluster }),
    ...(address !== undefined && address !== '' && { address: canonicalAddress(address) }),
    ...(ca !== undefined && ca !== '' && { ca }),
    ...(audiences !== undefined && { audiences }),
  }
  const find = ACCESS[provider]
  if (find === undefined)
    throw new CloudError(
      provider === '' ? `${where} has no key 'provider'` : `${where}: there is no provider '${provider}'`,
      `set the key 'provider' to one of ${Object.keys(ACCESS).join(', ')}`,
    )
  const identity = `${provider} ${JSON.stringify(described)} ${principalOf(workload)}`
  const access = await cloud.cache.get(`cluster ${identity}`, async () => ({
    value: await find(cloud, described, workload),
    expires: cloud.now() + DESCRIPTION_MS,
  }))
  const { address: server, ca: pem, token } = access
  return {
    key: createHash('sha256').update(`${identity} ${server} ${pem}`).digest('hex'),
    connection: {
      name: where,
      server,
      namespace: 'default',
      login: { type: 'token-source', token },
      ...(pem !== undefined && { ca: { pem } }),
    },
  }
}

type FindAccess = (cloud: Cloud, data: ClusterData, workload: Workload | undefined) => Promise<ClusterAccess>

const ACCESS: Readonly<Record<string, FindAccess | undefined>> = {
  aws: eksAccess,
  azure: aksAccess,
  gcp: gkeAccess,
  generic: genericAccess,
}

/** A cluster that trusts the issuer of this one: its tokens for the audience are taken there as they are. */
async function genericAccess(
  cloud: Cloud,
  { address, ca, audiences }: ClusterData,
  workload: Workload | undefined,
): Promise<ClusterAccess> {
  if (address === undefined)
    throw new CloudError("provider 'generic' needs the key 'address'", 'set it to the https address of the API server')
  const account = workload ?? (await cloud.self())
  if (account === undefined)
    throw new CloudError(
      "provider 'generic' needs the key 'serviceAccountName', as Lockstep is no service account here",
      'name a service account of the same namespace whose tokens the cluster trusts',
    )
  // A token of Lockstep's own must be of no use anywhere but at the address that it is sent to.
  if (workload === undefined && audiences !== undefined)
    throw new CloudError(
      "the key 'audiences' needs the key 'serviceAccountName'",
      'name a service account of the same namespace, or leave the audiences out',
    )
  const wanted = audiences === undefined || audiences.length === 0 ? [address] : audiences
  const key = `generic ${JSON.stringify(wanted)} ${principalOf(account)}`
  return {
    address,
    ...(ca !== undefined && { ca }),
    token: () => cloud.cache.get(key, () => account.token(wanted)),
  }
}

function audiencesOf(text: string | undefined, where: string): readonly string[] | undefined {
  if (text === undefined || text.trim() === '') return undefined
  const { documents, diagnostics } = parseYaml(text, { file: `${where} audiences` })
  const document = documents[0]
  if (diagnostics.some(({ severity }) => severity === 'error')) throw new DiagnosticError(diagnostics)
  const value = document === undefined ? undefined : decodeNode(document, 'kubectl').value
  if (value !== undefined && isArray(value) && value.every(each => typeof each === 'string')) return value
  throw new CloudError(
    `${where}: the key 'audiences' is no YAML list of texts`,
    "write it as '- first', a line for each",
  )
}
