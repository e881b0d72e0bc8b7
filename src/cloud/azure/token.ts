import { readFile } from 'node:fs/promises'
import type { Expiring } from '../../manifest/expiring.ts'
import { askJson, CloudError, type CloudRequest, field } from '../http.ts'
import { type Cloud, principalOf, type Workload } from '../workload.ts'

const TENANT = 'azure.workload.identity/tenant-id'
const CLIENT = 'azure.workload.identity/client-id'

const HINT = 'check the federated credential of the identity: issuer, subject and audience must be those of the token'
const IDENTITY_HINT =
  'give the Pod a workload identity or the machine a managed one, or name a service account in the spec'

/**
 * An access token of Microsoft Entra ID for a scope (`<resource>/.default`): of a service account that is federated with an
 * application (annotations `azure.workload.identity/tenant-id` and `client-id`), or of this process: a client secret or a
 * federated token file of the environment (`AZURE_*`), or the machine's managed identity, in this order.
 */
export function azureToken(cloud: Cloud, scope: string, workload: Workload | undefined): Promise<string> {
  return cloud.cache.get(`azure ${scope} ${principalOf(workload)}`, () =>
    workload === undefined ? ownToken(cloud, scope) : workloadToken(cloud, scope, workload),
  )
}

async function workloadToken(
  cloud: Cloud,
  scope: string,
  { namespace, name, annotations, token }: Workload,
): Promise<Expiring<string>> {
  const tenant = annotations[TENANT] ?? ''
  const client = annotations[CLIENT] ?? ''
  if (tenant === '' || client === '')
    throw new CloudError(
      `service account '${namespace}/${name}' has no annotation ${tenant === '' ? TENANT : CLIENT}`,
      'add it to the ServiceAccount',
    )
  const assertion = await token(['api://AzureADTokenExchange'])
  return request(cloud, tenant, { client_id: client, scope, ...federated(assertion.value) })
}

function federated(assertion: string) {
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  }
}

async function ownToken(cloud: Cloud, scope: string): Promise<Expiring<string>> {
  const { env } = cloud
  const tenant = env['AZURE_TENANT_ID'] ?? ''
  const client = env['AZURE_CLIENT_ID'] ?? ''
  const secret = env['AZURE_CLIENT_SECRET'] ?? ''
  const file = env['AZURE_FEDERATED_TOKEN_FILE'] ?? ''
  if (tenant !== '' && client !== '' && secret !== '')
    return request(cloud, tenant, { client_id: client, scope, client_secret: secret })
  if (tenant !== '' && client !== '' && file !== '') {
    const assertion = await readFile(file, 'utf8').catch((error: unknown) => {
      throw new CloudError(`${file} cannot be read`, 'check AZURE_FEDERATED_TOKEN_FILE', error)
    })
    return request(cloud, tenant, { client_id: client, scope, ...federated(assertion.trim()) })
  }
  const query = new URLSearchParams({ 'api-version': '2018-02-01', resource: scope.replace(/\/\.default$/, '') })
  if (client !== '') query.set('client_id', client)
  const url = `http://169.254.169.254/metadata/identity/oauth2/token?${query}`
  const exchange = { method: 'GET' as const, url, headers: { metadata: 'true' } }
  return readToken(cloud, exchange, "could not get a token of the machine's managed identity", IDENTITY_HINT)
}

function request(cloud: Cloud, tenant: string, form: Readonly<Record<string, string>>): Promise<Expiring<string>> {
  const authority = (cloud.env['AZURE_AUTHORITY_HOST'] ?? 'https://login.microsoftonline.com').replace(/\/+$/, '')
  const exchange = {
    method: 'POST' as const,
    url: `${authority}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...form }).toString(),
  }
  return readToken(cloud, exchange, `could not get a token for the Azure client ${form['client_id']}`, HINT)
}

/** `expires_in` is a number from Entra ID and a text from the metadata service. */
async function readToken(cloud: Cloud, exchange: CloudRequest, what: string, hint: string): Promise<Expiring<string>> {
  const answer = await askJson(cloud.http, exchange, what, hint)
  return { value: field(answer, 'access_token', what), expires: cloud.now() + Number(answer['expires_in'] ?? 0) * 1000 }
}
