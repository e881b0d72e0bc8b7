import { readFile } from 'node:fs/promises'
import type { Expiring } from '../../manifest/expiring.ts'
import type { JsonObject } from '../../manifest/json.ts'
import { ask, askJson, CloudError, field } from '../http.ts'
import { type Cloud, principalOf, type Workload } from '../workload.ts'
import type { AwsCredentials } from './sigv4.ts'

const ROLE = 'eks.amazonaws.com/role-arn'
const HOUR = 3_600_000

/** The domain of a region's services. */
export function awsDomain(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
}

/** The address of a service; `AWS_ENDPOINT_URL_<SERVICE>` replaces it, as in the AWS SDKs. */
export function awsEndpoint(service: string, region: string, env: NodeJS.ProcessEnv): string {
  const given = env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ?? env['AWS_ENDPOINT_URL']
  return (given ?? `https://${service}.${region}.${awsDomain(region)}`).replace(/\/+$/, '')
}

/**
 * Credentials of a service account's role (annotation `eks.amazonaws.com/role-arn`, by AssumeRoleWithWebIdentity), or of this
 * process: from the environment, a web identity file, the container's endpoint (ECS, EKS Pod Identity), or the metadata of
 * the instance, in this order. Profiles in files are not looked at. Kept until shortly before they end.
 */
export function awsCredentials(cloud: Cloud, region: string, workload: Workload | undefined): Promise<AwsCredentials> {
  return cloud.cache.get(`aws ${region} ${principalOf(workload)}`, () =>
    workload === undefined ? ownCredentials(cloud, region) : workloadCredentials(cloud, region, workload),
  )
}

async function workloadCredentials(
  cloud: Cloud,
  region: string,
  { namespace, name, annotations, token }: Workload,
): Promise<Expiring<AwsCredentials>> {
  const role = annotations[ROLE]
  if (!/^arn:[\w-]+:iam::\d{12}:role\/.+$/.test(role ?? ''))
    throw new CloudError(
      `service account '${namespace}/${name}' has no annotation ${ROLE} with the ARN of a role`,
      'add it to the ServiceAccount',
    )
  const { value } = await token(['sts.amazonaws.com'])
  // The role's log shows who acts: at most 64 letters, digits and `+=,.@-`.
  const session = `${name}.${namespace}.${region}.lockstep.dev`.slice(0, 64)
  return assumeRole(cloud, region, { role: role ?? '', session, token: value })
}

async function ownCredentials(cloud: Cloud, region: string): Promise<Expiring<AwsCredentials>> {
  const { env, http, now } = cloud
  const accessKeyId = env['AWS_ACCESS_KEY_ID'] ?? ''
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'] ?? ''
  if (accessKeyId !== '' && secretAccessKey !== '') {
    const sessionToken = env['AWS_SESSION_TOKEN'] ?? ''
    const value = { accessKeyId, secretAccessKey, ...(sessionToken !== '' && { sessionToken }) }
    return { value, expires: now() + HOUR }
  }
  const file = env['AWS_WEB_IDENTITY_TOKEN_FILE'] ?? ''
  const role = env['AWS_ROLE_ARN'] ?? ''
  if (file !== '' && role !== '') {
    const session = env['AWS_ROLE_SESSION_NAME'] ?? 'lockstep'
    return assumeRole(cloud, region, { role, session, token: (await readText(file)).trim() })
  }
  const relative = env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI']
  const url = relative === undefined ? env['AWS_CONTAINER_CREDENTIALS_FULL_URI'] : `http://169.254.170.2${relative}`
  if (url !== undefined) {
    const tokenFile = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE']
    const authorization =
      tokenFile === undefined ? env['AWS_CONTAINER_AUTHORIZATION_TOKEN'] : (await readText(tokenFile)).trim()
    const headers = authorization === undefined ? {} : { authorization }
    const what = "could not get the container's AWS credentials"
    return readCredentials(await askJson(http, { method: 'GET', url, headers }, what, IDENTITY_HINT), what)
  }
  if (env['AWS_EC2_METADATA_DISABLED'] === 'true')
    throw new CloudError('there are no AWS credentials in the environment', IDENTITY_HINT)
  return instanceCredentials(cloud)
}

const IDENTITY_HINT =
  'give the Pod a role (IAM roles for service accounts, or EKS Pod Identity), or name a service account in the spec'

/** The credentials of the instance's role, by version 2 of its metadata service. */
async function instanceCredentials({ env, http }: Cloud): Promise<Expiring<AwsCredentials>> {
  const what = "could not get the instance's AWS credentials"
  const base = (env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] ?? 'http://169.254.169.254').replace(/\/+$/, '')
  const path = `${base}/latest/meta-data/iam/security-credentials/`
  const lifetime = { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' }
  const session = { method: 'PUT' as const, url: `${base}/latest/api/token`, headers: lifetime }
  const headers = { 'x-aws-ec2-metadata-token': await ask(http, session, what, IDENTITY_HINT) }
  const role = (await ask(http, { method: 'GET', url: path, headers }, what, IDENTITY_HINT)).trim().split('\n')[0] ?? ''
  return readCredentials(
    await askJson(http, { method: 'GET', url: path + encodeURIComponent(role), headers }, what, IDENTITY_HINT),
    what,
  )
}

function readCredentials(answer: JsonObject, what: string): Expiring<AwsCredentials> {
  return {
    value: {
      accessKeyId: field(answer, 'AccessKeyId', what),
      secretAccessKey: field(answer, 'SecretAccessKey', what),
      sessionToken: field(answer, 'Token', what),
    },
    expires: Date.parse(field(answer, 'Expiration', what)),
  }
}

async function assumeRole(
  { env, http }: Cloud,
  region: string,
  { role, session, token }: { readonly role: string; readonly session: string; readonly token: string },
): Promise<Expiring<AwsCredentials>> {
  const what = `could not assume the AWS role ${role}`
  const body = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: role,
    RoleSessionName: session,
    WebIdentityToken: token,
  })
  const answer = await ask(
    http,
    {
      method: 'POST',
      url: `${awsEndpoint('sts', region, env)}/`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: body.toString(),
    },
    what,
    "check that the role's trust policy names this cluster's issuer and the service account",
  )
  const element = (name: string) => {
    const text = new RegExp(`<${name}>([^<]+)</${name}>`).exec(answer)?.[1]
    if (text === undefined) throw new CloudError(`${what}: the answer has no ${name}`, 'check AWS_ENDPOINT_URL_STS')
    return text
  }
  return {
    value: {
      accessKeyId: element('AccessKeyId'),
      secretAccessKey: element('SecretAccessKey'),
      sessionToken: element('SessionToken'),
    },
    expires: Date.parse(element('Expiration')),
  }
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw new CloudError(`${path} cannot be read`, 'check the path in the environment', error)
  })
}
