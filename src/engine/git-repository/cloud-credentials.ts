import { gitAccess } from '../../cloud/git-access.ts'
import { CloudError } from '../../cloud/http.ts'
import { principalOf } from '../../cloud/workload.ts'
import type { SourceFailure } from '../../source/git/failure.ts'
import type { CloudCredentials } from '../../source/git/secret-credentials.ts'
import type { EngineContext } from '../context.ts'
import { readWorkload } from '../workload.ts'

interface CloudRequest {
  readonly provider: 'aws' | 'azure'
  readonly url: string
  readonly namespace: string
  /** Whose identity; Lockstep's own where it is left out. */
  readonly serviceAccountName: string | undefined
}

/** Credentials for a Git host by a cloud identity, or why there are none. */
export async function cloudCredentials(
  { provider, url, namespace, serviceAccountName }: CloudRequest,
  { cluster, cloud }: Pick<EngineContext, 'cluster' | 'cloud'>,
): Promise<CloudCredentials | SourceFailure> {
  try {
    const workload =
      serviceAccountName === undefined ? undefined : await readWorkload(cluster, cloud, namespace, serviceAccountName)
    const access = await gitAccess(cloud, provider, url, workload)
    return { ...access, principal: `${provider} ${principalOf(workload)}` }
  } catch (error) {
    const message = `failed to configure authentication options: ${error instanceof Error ? error.message : String(error)}`
    const hint = error instanceof CloudError ? error.hint : 'check spec.provider and spec.serviceAccountName'
    return { status: 'failed', reason: 'AuthenticationFailed', message, hint }
  }
}
