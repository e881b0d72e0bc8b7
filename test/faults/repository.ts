import { findCondition } from '../../src/api/condition.ts'
import type { GitRepository } from '../../src/api/git-repository.ts'
import type { KubeClient } from '../../src/kube/client-types.ts'
import { watchResource } from '../../src/kube/informer.ts'
import { NAMESPACE } from './fleet.ts'

const REPOSITORY = { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'GitRepository' }
const DEADLINE_MS = 60_000

/**
 * Resolves when the status of the repository says that it cannot be fetched. Rejects where the artifact of an earlier fetch
 * is gone from it, or after a minute.
 */
export async function repositoryFails(user: KubeClient): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const informer = watchResource(user, REPOSITORY, {
    namespace: NAMESPACE,
    onChange({ object }) {
      const { artifact, conditions } = (object as GitRepository).status ?? {}
      const ready = findCondition(conditions, 'Ready')
      if (ready?.status !== 'False' || ready.reason !== 'GitOperationFailed') return
      if (artifact === undefined) reject(new Error('the artifact is gone from the status'))
      else resolve()
    },
  })
  const late = setTimeout(() => reject(new Error('nothing in the status says that the Git host is down')), DEADLINE_MS)
  await promise.finally(() => {
    clearTimeout(late)
    informer.close()
  })
}
