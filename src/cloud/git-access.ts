import { codeCommitAccess, type GitPassword } from './aws/codecommit.ts'
import { azureToken } from './azure/token.ts'
import type { Cloud, Workload } from './workload.ts'

/** The application that Azure DevOps takes tokens for. */
const DEVOPS_SCOPE = '499b84ac-1321-427f-aa17-267ca6975798/.default'

/**
 * Short-lived credentials for a Git host of a provider: Azure DevOps (`azure`) or CodeCommit (`aws`). Rejects with a
 * `CloudError` that says what is missing or was refused.
 */
export async function gitAccess(
  cloud: Cloud,
  provider: 'aws' | 'azure',
  url: string,
  workload: Workload | undefined,
): Promise<GitPassword | { readonly bearerToken: string }> {
  return provider === 'aws'
    ? codeCommitAccess(cloud, url, workload)
    : { bearerToken: await azureToken(cloud, DEVOPS_SCOPE, workload) }
}
