import { posix } from 'node:path'
import type { Position } from '../../manifest/diagnostic.ts'
import { isArray, type JsonObject } from '../../manifest/json.ts'
import type { PlaceOf } from '../kustomize/target.ts'
import type { BuildSpec } from './kustomization-file.ts'

/** The fields of the spec by what they are in a kustomization file. */
const SPEC_FIELDS = {
  namespace: 'targetNamespace',
  namePrefix: 'namePrefix',
  nameSuffix: 'nameSuffix',
  patches: 'patches',
  components: 'components',
  images: 'images',
  buildMetadata: 'buildMetadata',
} as const satisfies Readonly<Record<string, keyof BuildSpec>>

function inSpec(field: string, index?: number): Position {
  return { file: index === undefined ? `spec.${field}` : `spec.${field}[${index}]`, line: 0, column: 0 }
}

/**
 * Where the parts come from of a kustomization file that a spec was laid over: the spec, or, where the file was generated for
 * `folder`, the manifests that it names. What the folder's own file says has no place here.
 */
export function placesIn(file: JsonObject, spec: BuildSpec, folder?: string): PlaceOf {
  return (field, index) => {
    const own = file[field]
    if (field === 'resources' && folder !== undefined && isArray(own) && index !== undefined)
      return { file: posix.join(folder, String(own[index])), line: 1, column: 1 }
    const name = Object.hasOwn(SPEC_FIELDS, field) ? SPEC_FIELDS[field as keyof typeof SPEC_FIELDS] : undefined
    if (name === undefined || spec[name] === undefined || spec[name].length === 0) return undefined
    // Images are merged by name; patches and components come behind the file's own.
    const isMerged = name === 'images'
    if (!isArray(own)) return inSpec(name, isMerged || !isArray(spec[name]) ? undefined : index)
    if (isMerged || name === 'buildMetadata') return inSpec(name)
    return index !== undefined && index >= own.length ? inSpec(name, index - own.length) : undefined
  }
}
