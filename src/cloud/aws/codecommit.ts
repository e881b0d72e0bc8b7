import { CloudError } from '../http.ts'
import type { Cloud, Workload } from '../workload.ts'
import { awsCredentials } from './credentials.ts'
import { type AwsCredentials, amzDate, signatureOf } from './sigv4.ts'

/** User and password for Git over HTTPS; good for some minutes. */
export interface GitPassword {
  readonly username: string
  readonly password: string
}

/** The region of a CodeCommit address, those of VPC endpoints and FIPS included; undefined for any other address. */
export function codeCommitRegion(url: string): string | undefined {
  const host = URL.parse(url)?.hostname ?? ''
  return /^(?:.+\.)?git-codecommit(?:-fips)?\.([a-z0-9-]+)\.(?:vpce\.)?amazonaws\.com(?:\.cn)?$/.exec(host)?.[1]
}

/**
 * What AWS's credential helper gives to git: the access key (with the session token behind `%`), and a time with a signature
 * of it, host and path. `now` in milliseconds since 1970.
 */
export function codeCommitPassword(url: string, region: string, credentials: AwsCredentials, now: number): GitPassword {
  const { hostname, pathname } = new URL(url)
  const { accessKeyId, sessionToken } = credentials
  const request = `GIT\n${pathname}\n\nhost:${hostname}\n\nhost\n`
  // The time in the signed text has no zone, the one that is sent has.
  const date = amzDate(now)
  const signature = signatureOf(request, credentials, { region, service: 'codecommit', now }, date.replace('Z', ''))
  return {
    username: sessionToken === undefined ? accessKeyId : `${accessKeyId}%${sessionToken}`,
    password: `${date}${signature}`,
  }
}

/** AWS takes a signature for a quarter of an hour; half of it is left for whoever uses it. */
const REUSE_MS = 7 * 60_000

/** Signed credentials for a CodeCommit address, the same ones for some minutes, so that connections are kept. */
export async function codeCommitAccess(
  cloud: Cloud,
  url: string,
  workload: Workload | undefined,
): Promise<GitPassword> {
  const region = codeCommitRegion(url)
  if (region === undefined)
    throw new CloudError(
      `provider 'aws' is for CodeCommit, and ${url} is no address of it`,
      'use https://git-codecommit.<region>.amazonaws.com/v1/repos/<name>, or another spec.provider',
    )
  const credentials = await awsCredentials(cloud, region, workload)
  const now = Math.floor(cloud.now() / REUSE_MS) * REUSE_MS
  return codeCommitPassword(url, region, credentials, now)
}
