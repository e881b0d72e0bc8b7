import { createSign } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Expiring } from '../../manifest/expiring.ts'
import { isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import { ask, askJson, CloudError, field } from '../http.ts'
import { type Cloud, principalOf, type Workload } from '../workload.ts'

const EMAIL = 'iam.gke.io/gcp-service-account'
const PROVIDER = 'gcp.auth.fluxcd.io/workload-identity-provider'
const SCOPES = ['https://www.googleapis.com/auth/cloud-platform', 'https://www.googleapis.com/auth/userinfo.email']
const SCOPE = SCOPES.join(' ')
const STS = 'https://sts.googleapis.com/v1/token'
const JWT = 'urn:ietf:params:oauth:token-type:jwt'
const TOKEN_URL = 'https://oauth2.googleapis.com/token'
const HOUR = 3_600_000

const IDENTITY_HINT =
  'give the Pod a workload identity, set GOOGLE_APPLICATION_CREDENTIALS, or name a service account in the spec'
const EXCHANGE_HINT = 'check the workload identity provider: issuer and audience must be those of the token'

/**
 * An access token of Google Cloud: of a service account (annotation `gcp.auth.fluxcd.io/workload-identity-provider`, or the
 * pool of the GKE cluster; with `iam.gke.io/gcp-service-account` it acts as that one), or of this process: the file of
 * GOOGLE_APPLICATION_CREDENTIALS (types service_account, authorized_user, external_account with a file), or the metadata
 * server.
 */
export function gcpToken(cloud: Cloud, workload: Workload | undefined): Promise<string> {
  return cloud.cache.get(`gcp ${principalOf(workload)}`, () =>
    workload === undefined ? ownToken(cloud) : workloadToken(cloud, workload),
  )
}

async function workloadToken(cloud: Cloud, workload: Workload): Promise<Expiring<string>> {
  const { namespace, name, annotations, token } = workload
  const provider = annotations[PROVIDER]
  if (
    provider !== undefined &&
    !/^projects\/\d{1,30}\/locations\/global\/workloadIdentityPools\/[^/]+\/providers\/[^/]+$/.test(provider)
  )
    throw new CloudError(
      `the annotation ${PROVIDER} of service account '${namespace}/${name}' is no name of a provider`,
      'set it to projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/<provider>',
    )
  const { subject, audience } =
    provider === undefined
      ? await gkeAudiences(cloud)
      : { subject: `//iam.googleapis.com/${provider}`, audience: `//iam.googleapis.com/${provider}` }
  const jwt = await token([subject])
  return exchange(cloud, audience, jwt.value, JWT, annotations[EMAIL])
}

/** What a token must be for, and what the exchange is asked for, on a GKE cluster. */
async function gkeAudiences(cloud: Cloud) {
  const [project, location, cluster] = await Promise.all(
    ['project/project-id', 'instance/attributes/cluster-location', 'instance/attributes/cluster-name'].map(path =>
      metadata(cloud, path),
    ),
  )
  const pool = `${project}.svc.id.goog`
  const url = `https://container.googleapis.com/v1/projects/${project}/locations/${location}/clusters/${cluster}`
  return { subject: pool, audience: `identitynamespace:${pool}:${url}` }
}

async function metadata({ env, http }: Cloud, path: string): Promise<string> {
  const host = env['GCE_METADATA_HOST'] ?? 'metadata.google.internal'
  const url = `http://${host}/computeMetadata/v1/${path}`
  const headers = { 'metadata-flavor': 'Google' }
  return ask(http, { method: 'GET', url, headers }, `could not read ${path} of the metadata server`, IDENTITY_HINT)
}

/** Token exchange (RFC 8693), and then the token of another service account where one is named. */
async function exchange(
  cloud: Cloud,
  audience: string,
  subjectToken: string,
  subjectTokenType: string,
  email: string | undefined,
): Promise<Expiring<string>> {
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    audience,
    scope: SCOPE,
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token: subjectToken,
    subject_token_type: subjectTokenType,
  }
  const federated = await tokenByForm(cloud, STS, form, 'could not exchange the token at Google', EXCHANGE_HINT)
  return email === undefined ? federated : impersonate(cloud, federated.value, email)
}

async function impersonate({ http }: Cloud, token: string, email: string): Promise<Expiring<string>> {
  const what = `could not act as the Google service account ${email}`
  const url = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${encodeURIComponent(email)}:generateAccessToken`
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ scope: SCOPES, lifetime: '3600s' })
  const hint = 'give the identity the role Workload Identity User on that service account'
  const answer = await askJson(http, { method: 'POST', url, headers, body }, what, hint)
  return { value: field(answer, 'accessToken', what), expires: Date.parse(field(answer, 'expireTime', what)) }
}

async function ownToken(cloud: Cloud): Promise<Expiring<string>> {
  const file = cloud.env['GOOGLE_APPLICATION_CREDENTIALS'] ?? ''
  if (file === '') {
    const text = await metadata(cloud, `instance/service-accounts/default/token?scopes=${SCOPES.join(',')}`)
    return readToken(cloud, parseJson(text, 'the token of the metadata server'), 'could not read the token')
  }
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new CloudError(`${file} cannot be read`, 'check GOOGLE_APPLICATION_CREDENTIALS', error)
  })
  const credentials = parseJson(text, file)
  return credentials['type'] === 'external_account'
    ? externalToken(cloud, credentials, file)
    : gcpTokenOf(cloud, text, file)
}

/**
 * The token of a service account's or a user's credentials, as Google's tools write them. They may come from a tenant: no file
 * is read for them, and nobody but Google is asked. `where` names them in errors.
 */
export async function gcpTokenOf(cloud: Cloud, text: string, where: string): Promise<Expiring<string>> {
  const file = parseJson(text, where)
  const get = (name: string) => field(file, name, where)
  switch (file['type']) {
    case 'service_account': {
      const url = typeof file['token_uri'] === 'string' ? file['token_uri'] : TOKEN_URL
      if (!/^https:\/\/([a-z0-9-]+\.)*googleapis\.com\//.test(url))
        throw new CloudError(`${where}: the token_uri '${url}' is none of Google's`, 'write it as Google gave it')
      const form = {
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion: assertionOf(get('client_email'), get('private_key'), url, cloud.now()),
      }
      return tokenByForm(cloud, url, form, `could not get a token for ${get('client_email')}`, 'check its key')
    }
    case 'authorized_user': {
      const form = {
        grant_type: 'refresh_token',
        client_id: get('client_id'),
        client_secret: get('client_secret'),
        refresh_token: get('refresh_token'),
      }
      return tokenByForm(cloud, TOKEN_URL, form, `could not get a token with ${where}`, 'log in again')
    }
    default:
      throw new CloudError(`${where}: credentials of type '${String(file['type'])}' are not supported`, IDENTITY_HINT)
  }
}

/** The token of a workload identity: what a file of this machine holds, exchanged. */
async function externalToken(cloud: Cloud, file: JsonObject, where: string): Promise<Expiring<string>> {
  const source = file['credential_source']
  const path = isObject(source) ? source['file'] : undefined
  if (typeof path !== 'string')
    throw new CloudError(`${where}: only a credential_source with a file is supported`, 'use a token file')
  const subject = (await readFile(path, 'utf8')).trim()
  const impersonation = String(file['service_account_impersonation_url'] ?? '')
  const email = /serviceAccounts\/([^/:]+):generateAccessToken$/.exec(impersonation)?.[1]
  return exchange(cloud, field(file, 'audience', where), subject, field(file, 'subject_token_type', where), email)
}

/** What the parser would say quotes the text, which is secret. */
function parseJson(text: string, where: string): JsonObject {
  try {
    const value = JSON.parse(text) as JsonValue
    if (isObject(value)) return value
  } catch {}
  throw new CloudError(`${where} is no JSON object`, 'write it as Google gave it')
}

/** A claim for a token, RS256, for an hour. */
function assertionOf(email: string, privateKey: string, audience: string, now: number): string {
  const iat = Math.floor(now / 1000)
  const claims = { iss: email, scope: SCOPE, aud: audience, iat, exp: iat + HOUR / 1000 }
  const signed = [{ alg: 'RS256', typ: 'JWT' }, claims]
    .map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${signed}.${createSign('sha256').update(signed).sign(privateKey, 'base64url')}`
}

async function tokenByForm(
  cloud: Cloud,
  url: string,
  form: Readonly<Record<string, string>>,
  what: string,
  hint: string,
): Promise<Expiring<string>> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const body = new URLSearchParams(form).toString()
  return readToken(cloud, await askJson(cloud.http, { method: 'POST', url, headers, body }, what, hint), what)
}

function readToken(cloud: Cloud, answer: JsonObject, what: string): Expiring<string> {
  return { value: field(answer, 'access_token', what), expires: cloud.now() + Number(answer['expires_in'] ?? 0) * 1000 }
}
