import { posix } from 'node:path'
import type { Position } from '../../manifest/diagnostic.ts'
import { isArray, type JsonObject } from '../../manifest/json.ts'
import type { PlaceOf } from '../kustomize/target.ts'
import type { BuildSpec } from './kustomization-file.ts'

/** The fields of the spec by what they are in a kustomization file. */
const SPEC_FIELDS: ReadonlyMap<string, keyof BuildSpec> = new Map([
  ['namespace', 'targetNamespace'],
  ['namePrefix', 'namePrefix'],
  ['nameSuffix', 'nameSuffix'],
  ['patches', 'patches'],
  ['components', 'components'],
  ['images', 'images'],
  ['buildMetadata', 'buildMetadata'],
])

/** What of the spec comes behind the entries of the file; the rest takes their place, or is merged with them. */
const APPENDED: ReadonlySet<string> = new Set(['patches', 'components'])

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
    const name = SPEC_FIELDS.get(field)
    if (name === undefined || (spec[name] ?? []).length === 0) return undefined
    if (!APPENDED.has(name)) return inSpec(name)
    if (!isArray(own)) return inSpec(name, index)
    return index !== undefined && index >= own.length ? inSpec(name, index - own.length) : undefined
  }
}
