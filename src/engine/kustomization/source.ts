import type { Kustomization } from '../../api/kustomization.ts'
import type { EngineContext } from '../context.ts'
import type { SourceKey, SourceState } from '../sources.ts'
import type { Stalled, Waiting } from './outcome.ts'

const SOURCE_GROUP = 'source.toolkit.fluxcd.io'

export function sourceKeyFor({ metadata, spec: { sourceRef } }: Kustomization): SourceKey {
  return `${sourceRef.kind}/${sourceRef.namespace ?? metadata.namespace}/${sourceRef.name}`
}

/** The source of a Kustomization as it is now, or why there is none to work with. */
export function resolveSource(kustomization: Kustomization, context: EngineContext): SourceState | Waiting | Stalled {
  const { metadata, spec } = kustomization
  const { kind, name } = spec.sourceRef
  const namespace = spec.sourceRef.namespace ?? metadata.namespace ?? ''
  if (context.settings.noCrossNamespaceRefs && namespace !== metadata.namespace) {
    const message = `can't access '${kind}/${namespace}/${name}', cross-namespace references have been blocked`
    return { kind: 'stalled', reason: 'AccessDenied', message }
  }
  const state = context.sources.get(`${kind}/${namespace}/${name}`)
  if (state !== undefined) return state
  const object = context.objects.get({ group: SOURCE_GROUP, version: 'v1', kind, namespace, name })
  if (object === undefined) {
    return { kind: 'waiting', reason: 'ArtifactFailed', message: `${kind}.${SOURCE_GROUP} "${name}" not found` }
  }
  return {
    kind: 'waiting',
    reason: 'ArtifactFailed',
    message: 'Source artifact not found, going on as soon as there is one',
  }
}
