import { parseDuration } from '../../api/duration.ts'
import type { KubeClient } from '../../kube/client-types.ts'
import { ApiError, type ListOptions } from '../../kube/cluster.ts'
import type { GroupVersionKind, KubeObject } from '../../manifest/object.ts'
import { type CliContext, defaultNamespace, type GlobalOptions } from '../context.ts'
import { CommandFailure } from '../failure.ts'
import type { CliKind } from '../kinds.ts'

/** The namespace that a command is about. */
export function namespaceOf(options: GlobalOptions, context: CliContext): string {
  return options.namespace ?? defaultNamespace(context.env)
}

/** Connects, runs, and closes the connection whatever happens. */
export async function withCluster<T>(
  context: CliContext,
  options: GlobalOptions,
  work: (cluster: KubeClient) => Promise<T>,
): Promise<T> {
  const cluster = await context.connect(options)
  try {
    return await work(cluster)
  } finally {
    await cluster.close()
  }
}

/** The named object, or a failure in the words of the `flux` CLI. */
export async function mustGet(
  cluster: KubeClient,
  kind: CliKind,
  namespace: string,
  name: string,
): Promise<KubeObject> {
  const object = await cluster.get({ ...kind.gvk, namespace, name })
  if (object !== undefined) return object
  throw new CommandFailure(`${kind.gvk.kind} ${name} not found in ${namespace} namespace`)
}

/** The named objects, or all of the namespace with `all`. */
export async function select(
  cluster: KubeClient,
  kind: CliKind,
  namespace: string,
  names: readonly string[],
  all: boolean,
): Promise<readonly KubeObject[]> {
  if (names.length > 0) return await Promise.all(names.map(name => mustGet(cluster, kind, namespace, name)))
  if (!all) throw new CommandFailure(`${kind.gvk.kind} name is required`)
  const objects = await cluster.list(kind.gvk, { namespace })
  if (objects.length === 0) throw new CommandFailure(`no ${kind.gvk.kind} objects found in ${namespace} namespace`)
  return objects
}

/** The named object, or a failure in the words of the API server. */
export async function mustFind(
  cluster: KubeClient,
  { gvk, resource }: CliKind,
  namespace: string,
  name: string,
): Promise<KubeObject> {
  const object = await cluster.get({ ...gvk, namespace, name })
  if (object !== undefined) return object
  throw new CommandFailure(`${resource}.${gvk.group} "${name}" not found`)
}

/** The objects of a kind; none where the cluster does not have the kind. */
export async function listKnown(
  cluster: KubeClient,
  kind: GroupVersionKind,
  options: ListOptions,
): Promise<readonly KubeObject[]> {
  try {
    return await cluster.list(kind, options)
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return []
    throw error
  }
}

/** The milliseconds of `--timeout`; fails with how to write one. */
export function timeoutOf(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined || ms <= 0)
    throw new CommandFailure(`--timeout: '${text}' is no duration; write it as 30s, 5m or 1h30m`)
  return ms
}
