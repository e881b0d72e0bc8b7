import { createHash } from 'node:crypto'
import type { Kustomization } from '../../api/kustomization.ts'
import type { KubeObject } from '../../manifest/object.ts'
import type { Rendered } from '../../manifest/rendered.ts'
import type { ConfigKind } from '../../plan/restart/config-uses.ts'
import { type OtherConfigs, restartModeOf, wantsChecksums, withChecksums } from '../../plan/restart/with-checksums.ts'
import type { LiveObjects } from '../live-objects.ts'
import type { Failure } from './work.ts'
import type { Target, Workspace } from './workspace.ts'

/** ConfigMaps and Secrets with this label count, although Lockstep does not apply them; Flux reconciles again for them. */
export const WATCHED = 'reconcile.fluxcd.io/watch=Enabled'

const KINDS = (['ConfigMap', 'Secret'] as const).map(kind => ({ group: '', version: 'v1', kind }))

/** What is labelled, and what other Kustomizations apply. */
function othersOf({ configs, live }: Pick<Target, 'configs' | 'live'>): OtherConfigs {
  const gvk = (kind: ConfigKind) => ({ group: '', version: 'v1', kind })
  const inNamespace = (objects: LiveObjects, kind: ConfigKind, namespace: string): readonly KubeObject[] =>
    objects.list(gvk(kind)).filter(each => each.metadata.namespace === namespace)
  return {
    get(kind, namespace, name) {
      const ref = { ...gvk(kind), namespace, name }
      return configs.get(ref) ?? live.get(ref)
    },
    list(kind, namespace) {
      const labelled = inNamespace(configs, kind, namespace)
      const names = new Set(labelled.map(each => each.metadata.name))
      return [...labelled, ...inNamespace(live, kind, namespace).filter(each => !names.has(each.metadata.name))]
    },
  }
}

/**
 * The rendered objects with checksums of their configuration where that is asked for (`withChecksums`). From now on the
 * workspace says which other ConfigMaps and Secrets they depend on. Fails where those cannot be seen: without them the checksums
 * would be others, and workloads would restart for nothing.
 */
export async function withRestarts(
  rendered: Rendered,
  kustomization: Kustomization,
  target: Pick<Target, 'configs' | 'live'>,
  workspace: Workspace,
): Promise<Rendered | Failure> {
  workspace.follows = undefined
  const mode = restartModeOf(kustomization)
  if (!wantsChecksums(rendered.objects, mode)) return rendered
  await Promise.all([target.configs.ready(KINDS), target.live.ready(KINDS)])
  const { checksums, follows, objects } = withChecksums(rendered.objects, mode, othersOf(target))
  workspace.follows = new Set(follows)
  const unseen = KINDS.filter(kind => !target.configs.isListed(kind) || !target.live.isListed(kind))
  if (follows.length > 0 && unseen.length > 0) {
    const message = `${unseen.map(({ kind }) => `${kind}s`).join(' and ')} cannot be listed, and workloads restart with some of them (${follows.join(', ')}); let Lockstep list and watch them, or take lockstep.dev/restart away`
    return { phase: 'building', reason: 'BuildFailed', message }
  }
  const digest = `sha256:${createHash('sha256')
    .update([rendered.digest, ...checksums].join('\n'))
    .digest('hex')}`
  return { ...rendered, objects, digest: checksums.length === 0 ? rendered.digest : digest }
}

/** Whether a Kustomization depends on a ConfigMap or Secret that it does not apply itself. */
export function follows({ follows: keys }: Workspace, { kind, metadata }: KubeObject): boolean {
  const place = `${kind}/${metadata.namespace ?? ''}`
  return keys !== undefined && (keys.has(`${place}/${metadata.name}`) || keys.has(`${place}/*`))
}
