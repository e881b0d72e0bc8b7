import { findCondition } from '../../api/condition.ts'
import type { KubeClient } from '../../kube/client-types.ts'
import { watchResource } from '../../kube/informer.ts'
import { type KubeObject, refOf } from '../../manifest/object.ts'
import { CommandFailure } from '../failure.ts'
import { conditionsOf } from '../summary.ts'
import { timeoutOf } from './shared.ts'

/** Whether the engine has answered for the present generation, and how. */
function answerOf(object: KubeObject): { readonly ready: boolean; readonly message: string } | undefined {
  const conditions = conditionsOf(object)
  const ready = findCondition(conditions, 'Ready')
  if (ready === undefined || ready.observedGeneration !== object.metadata.generation) return undefined
  if (ready.status === 'True') return { ready: true, message: ready.message }
  return ready.status === 'False' ? { ready: false, message: ready.message } : undefined
}

/**
 * Waits until `isDone` holds of the object and the engine has judged its present generation. Gives the object; fails with
 * the engine's message where it is not ready, and when the time is over.
 */
export async function waitUntilReady(
  cluster: KubeClient,
  object: KubeObject,
  options: {
    readonly timeout: string
    readonly signal: AbortSignal
    readonly isDone?: (object: KubeObject) => boolean
  },
): Promise<KubeObject> {
  const { kind, namespace, name, group, version } = refOf(object)
  const timeoutMs = timeoutOf(options.timeout)
  const { promise, resolve, reject } = Promise.withResolvers<KubeObject>()
  const informer = watchResource(
    cluster,
    { group, version, kind },
    {
      namespace,
      fieldSelector: `metadata.name=${name}`,
      onChange(change) {
        if (change.type === 'deleted') return reject(new CommandFailure(`${kind} ${name} was deleted`))
        if (options.isDone?.(change.object) === false) return
        const answer = answerOf(change.object)
        if (answer?.ready === true) resolve(change.object)
        if (answer?.ready === false) reject(new CommandFailure(`${kind} reconciliation failed: '${answer.message}'`))
      },
    },
  )
  const timer = setTimeout(
    () => reject(new CommandFailure(`timed out waiting for ${kind}/${namespace}/${name} after ${options.timeout}`)),
    timeoutMs,
  )
  const onAbort = () => reject(new CommandFailure('interrupted', 130))
  options.signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    options.signal.removeEventListener('abort', onAbort)
    informer.close()
  }
}
