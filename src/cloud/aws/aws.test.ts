import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type CloudCall, type CloudScript, startScriptedCloud } from '../../../test/support/scripted-cloud.ts'
import { withFolder } from '../../../test/support/test-cluster.ts'
import { gitAccess } from '../git-access.ts'
import { remoteCluster } from '../remote-cluster.ts'
import { codeCommitPassword } from './codecommit.ts'
import { awsCredentials } from './credentials.ts'
import { presign, signHeaders } from './sigv4.ts'

const HOUR = 3_600_000
const ROLE = 'arn:aws:iam::123456789012:role/deployer'
const ANNOTATIONS = { 'eks.amazonaws.com/role-arn': ROLE }
const ARN = 'arn:aws:eks:eu-west-1:123456789012:cluster/main'
const CA = '-----BEGIN CERTIFICATE-----\n'

/** STS as far as AssumeRoleWithWebIdentity; each answer has other keys. */
function sts(call: CloudCall, number: number): ReturnType<CloudScript> {
  if (call.url.hostname !== 'sts.eu-west-1.amazonaws.com') return undefined
  const form = new URLSearchParams(call.body)
  if (form.get('RoleArn') !== ROLE)
    return [403, '<ErrorResponse><Error><Message>Not authorized to perform</Message></Error></ErrorResponse>']
  return [
    200,
    `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>
      <AccessKeyId>ASIA${number}</AccessKeyId><SecretAccessKey>secret${number}</SecretAccessKey>
      <SessionToken>session${number}</SessionToken><Expiration>${new Date(Date.UTC(2026, 0, 1, number)).toISOString()}</Expiration>
    </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
  ]
}

async function open(t: TestContext, script: CloudScript, env: NodeJS.ProcessEnv = {}) {
  const scripted = await startScriptedCloud(script, env)
  t.after(() => scripted.stop())
  return scripted
}

test("passwords for CodeCommit are those of AWS's credential helper", () => {
  const keys = { accessKeyId: 'foo', secretAccessKey: 'bar' }
  const at = (host: string, more: object = {}) =>
    // The helper's tests give it a path that begins with a slash already.
    codeCommitPassword(`https://${host}//v1/repos/myrepo`, 'us-east-1', { ...keys, ...more }, Date.UTC(2010, 9, 8))
  assert.deepEqual(at('git-codecommit.us-east-1.amazonaws.com'), {
    username: 'foo',
    password: '20101008T000000Z7dc259e2d505af354a1219b9bcd784bd384dc706efa0d9aefc571f214be4c89c',
  })
  assert.equal(
    at('git-codecommit-fips.us-east-1.amazonaws.com').password,
    '20101008T000000Z500037cb3514b3fe01ebcda7c80973f5b4c0d8199a7a6563b85fd6edf272d460',
  )
  assert.equal(
    at('vpce-0b47ea360adebf88a-jkl88hez.git-codecommit.us-east-1.vpce.amazonaws.com').password,
    '20101008T000000Z9ed987cc6336c3de2d9f06b9236c7a9fd76b660b080db15983290e636dbfbd6b',
  )
  assert.equal(at('git-codecommit.us-east-1.amazonaws.com', { sessionToken: 's' }).username, 'foo%s')
})

test('a service account assumes its role, once until the credentials end', async t => {
  const calls: CloudCall[] = []
  const scripted = await open(t, call => {
    calls.push(call)
    return sts(call, calls.length)
  })
  const url = 'https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/fleet'
  const get = () => gitAccess(scripted.cloud, 'aws', url, scripted.workload(ANNOTATIONS))
  const [first, second] = await Promise.all([get(), get()])
  assert.deepEqual(first, second)
  assert.deepEqual(
    first,
    codeCommitPassword(
      url,
      'eu-west-1',
      { accessKeyId: 'ASIA1', secretAccessKey: 'secret1', sessionToken: 'session1' },
      Math.floor(scripted.time / 420_000) * 420_000,
    ),
  )
  assert.deepEqual(Object.fromEntries(new URLSearchParams(calls[0]?.body)), {
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: ROLE,
    RoleSessionName: 'deployer.team.eu-west-1.lockstep.dev',
    WebIdentityToken: `jwt of team/deployer for sts.amazonaws.com at ${scripted.time}`,
  })
  scripted.time += HOUR - 5 * 60_000
  assert.equal('username' in first && first.username, 'ASIA1%session1')
  const renewed = await get()
  assert.equal('username' in renewed && renewed.username, 'ASIA2%session2')
  assert.equal(calls.length, 2)
})

test('errors say what to do', async t => {
  const scripted = await open(t, call => sts(call, 1))
  const url = 'https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/fleet'
  const other = { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/other' }
  await assert.rejects(gitAccess(scripted.cloud, 'aws', url, scripted.workload(other)), {
    name: 'CloudError',
    message:
      'could not assume the AWS role arn:aws:iam::123456789012:role/other: status 403: Not authorized to perform',
    hint: "check that the role's trust policy names this cluster's issuer and the service account",
  })
  await assert.rejects(gitAccess(scripted.cloud, 'aws', url, scripted.workload()), {
    message: "service account 'team/deployer' has no annotation eks.amazonaws.com/role-arn with the ARN of a role",
  })
  await assert.rejects(gitAccess(scripted.cloud, 'aws', 'https://github.com/a/b', undefined), {
    message: "provider 'aws' is for CodeCommit, and https://github.com/a/b is no address of it",
  })
})

test("the process's own credentials: environment, web identity file, container, instance", async t => {
  const answer = { AccessKeyId: 'A', SecretAccessKey: 'S', Token: 'T', Expiration: '2026-01-01T06:00:00Z' }
  const script: CloudScript = call => {
    const { headers, method, url } = call
    if (url.href === 'http://169.254.170.23/v1/credentials' && headers.authorization === 'pod') return [200, answer]
    if (url.hostname !== '169.254.169.254') return sts(call, 1)
    if (method === 'PUT') return headers['x-aws-ec2-metadata-token-ttl-seconds'] === '21600' ? [200, 'imds'] : [400, '']
    if (headers['x-aws-ec2-metadata-token'] !== 'imds') return [401, '']
    if (url.pathname.endsWith('/security-credentials/')) return [200, 'node-role\n']
    return url.pathname.endsWith('/node-role') ? [200, answer] : undefined
  }
  await withFolder({ token: 'jwt\n', pod: 'pod\n' }, async folder => {
    const cases: readonly [NodeJS.ProcessEnv, string][] = [
      [{ AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 's' }, 'AKIA'],
      [{ AWS_WEB_IDENTITY_TOKEN_FILE: `${folder}/token`, AWS_ROLE_ARN: ROLE }, 'ASIA1'],
      [
        {
          AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
          AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: `${folder}/pod`,
        },
        'A',
      ],
      [{}, 'A'],
    ]
    for (const [env, expected] of cases) {
      const { cloud } = await open(t, script, env)
      assert.equal((await awsCredentials(cloud, 'eu-west-1', undefined)).accessKeyId, expected)
    }
    const { cloud } = await open(t, script, { AWS_EC2_METADATA_DISABLED: 'true' })
    await assert.rejects(awsCredentials(cloud, 'eu-west-1', undefined), /there are no AWS credentials/)
  })
})

test('an EKS cluster: its description by a signed request, its token by a presigned one', async t => {
  const keys = { accessKeyId: 'ASIA1', secretAccessKey: 'secret1', sessionToken: 'session1' }
  let authorization: string | undefined
  const scripted = await open(t, call => {
    if (call.url.hostname !== 'eks.eu-west-1.amazonaws.com') return sts(call, 1)
    authorization = call.headers.authorization
    const cluster = {
      endpoint: 'https://ABC.gr7.eu-west-1.eks.amazonaws.com',
      certificateAuthority: { data: Buffer.from(CA).toString('base64') },
    }
    return [200, { cluster }]
  })
  const { cloud, time } = scripted
  const workload = scripted.workload(ANNOTATIONS)
  const { connection } = await remoteCluster(cloud, { provider: 'aws', cluster: ARN }, workload, 'ConfigMap/team/c')
  assert.equal(connection.server, 'https://ABC.gr7.eu-west-1.eks.amazonaws.com')
  assert.deepEqual(connection.ca, { pem: CA })
  const url = 'https://eks.eu-west-1.amazonaws.com/clusters/main'
  const scope = { region: 'eu-west-1', service: 'eks', now: time }
  assert.equal(authorization, signHeaders({ method: 'GET', url, headers: {} }, keys, scope)['authorization'])
  assert.equal(connection.login.type, 'token-source')
  const token = connection.login.type === 'token-source' ? await connection.login.token() : ''
  const [prefix, encoded = ''] = token.split('.')
  assert.equal(prefix, 'k8s-aws-v1')
  const presigned = new URL(Buffer.from(encoded, 'base64url').toString())
  assert.equal(presigned.searchParams.get('X-Amz-SignedHeaders'), 'host;x-k8s-aws-id')
  assert.equal(
    presigned.href,
    presign(
      'https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15',
      { 'x-k8s-aws-id': 'main' },
      60,
      keys,
      { region: 'eu-west-1', service: 'sts', now: time },
    ),
  )
  const elsewhere = { provider: 'aws', cluster: ARN, address: 'https://other.example.com' }
  await assert.rejects(remoteCluster(cloud, elsewhere, workload, 'c'), /has the address .*ABC.*, not https:\/\/other/)
  const named = { provider: 'aws', cluster: 'main' }
  await assert.rejects(remoteCluster(cloud, named, workload, 'c'), /'main' is no ARN of an EKS cluster/)
  const asked = scripted.log.length
  await remoteCluster(cloud, { provider: 'aws', cluster: ARN, address: 'https://x', 'ca.crt': CA }, workload, 'c')
  assert.equal(scripted.log.length, asked, 'nothing is looked up where everything is given')
})
