import type { KustomizationSpec } from '../../api/kustomization.ts'
import { isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import { mergeImages } from './images.ts'

/** The part of a Flux Kustomization's spec that goes into the kustomization file. */
export type BuildSpec = Pick<
  KustomizationSpec,
  'buildMetadata' | 'components' | 'images' | 'namePrefix' | 'nameSuffix' | 'patches' | 'targetNamespace'
>

const HEADER = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' }

/** kustomize refuses a file that says nothing; Flux puts this in where a folder has no manifests. */
const PLACEHOLDER = '_placeholder'

/** The kustomization file for a folder that has none: every manifest and every sub-folder with a file of its own. */
export function generatedFile(resources: readonly string[]): JsonObject {
  return resources.length === 0 ? { ...HEADER, namespace: PLACEHOLDER } : { ...HEADER, resources }
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : []
}

/** A path in the tree, as against the address of a repository. */
export function isLocalPath(path: string): boolean {
  if (path.startsWith('file://')) return true
  return !path.startsWith('/') && !path.includes('://') && !/^[^/]+@[^/]+:/.test(path)
}

function withPatches(file: JsonObject, spec: BuildSpec): JsonObject {
  if (spec.patches === undefined || spec.patches.length === 0) return file
  const added = spec.patches.map(({ patch, target }) => ({ patch, ...(target !== undefined && { target }) }))
  return { ...file, patches: [...listOf(file['patches']), ...added] }
}

function withComponents(file: JsonObject, components: readonly string[]): JsonObject {
  if (components.length === 0) return file
  return { ...file, components: [...listOf(file['components']), ...components] }
}

function withBuildMetadata(file: JsonObject, spec: BuildSpec, isGenerated: boolean): JsonObject {
  if (spec.buildMetadata !== undefined && spec.buildMetadata.length > 0) {
    return { ...file, buildMetadata: spec.buildMetadata }
  }
  if (isGenerated || listOf(file['resources']).length > 0) return file
  return { ...file, buildMetadata: ['originAnnotations'] }
}

/** Go leaves out what is empty when it writes a struct; so an empty list says as little as none. */
function withoutEmpty(file: JsonObject): JsonObject {
  const isEmpty = (value: JsonValue | undefined) =>
    value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
  return Object.fromEntries(Object.entries(file).filter(([, value]) => !isEmpty(value)))
}

/**
 * The kustomization file that is built: what the folder says, with the spec laid over it as kustomize-controller does.
 * `targetNamespace`, prefix and suffix win over the folder's own; patches, components and images are added.
 * `components` are those of `spec.components` that are to be used.
 */
export function overlaySpec(
  file: JsonObject,
  spec: BuildSpec,
  components: readonly string[],
  isGenerated: boolean,
): JsonObject {
  const { targetNamespace, namePrefix, nameSuffix } = spec
  const named: JsonObject = {
    ...HEADER,
    ...withoutEmpty(file),
    ...(targetNamespace !== undefined && targetNamespace !== '' && { namespace: targetNamespace }),
    ...(namePrefix !== undefined && namePrefix !== '' && { namePrefix }),
    ...(nameSuffix !== undefined && nameSuffix !== '' && { nameSuffix }),
  }
  const full = withBuildMetadata(withComponents(withPatches(named, spec), components), spec, isGenerated)
  if (spec.images === undefined || spec.images.length === 0) return full
  return { ...full, images: mergeImages(listOf(full['images']).filter(isObject), spec.images) }
}
