import type { Kustomization } from '../../api/kustomization.ts'
import { isObject, type JsonValue } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import type { VariableSource } from '../../render/substitute/variables.ts'

/** A ConfigMap or Secret that a Kustomization takes variables from. */
export interface VariableReference {
  readonly kind: 'ConfigMap' | 'Secret'
  readonly namespace: string
  readonly name: string
  readonly optional: boolean
}

/** Where the variables of a Kustomization come from, with their values, or why they cannot be had. */
export type Variables =
  | { readonly kind: 'variables'; readonly sources: readonly VariableSource[] }
  | { readonly kind: 'missing'; readonly message: string }

/** The references of a Kustomization, in the order of the spec: later ones win. */
export function variableReferencesOf({ metadata, spec }: Kustomization): readonly VariableReference[] {
  return (spec.postBuild?.substituteFrom ?? []).map(({ kind, name, optional }) => ({
    kind,
    namespace: metadata.namespace ?? '',
    name,
    optional: optional ?? false,
  }))
}

function stringsOf(value: JsonValue | undefined): [string, string][] {
  return isObject(value) ? Object.entries(value).map(([key, text]) => [key, String(text)]) : []
}

/** The data of a ConfigMap or Secret as text; that of Secrets is decoded from base64. */
export function textDataOf(object: KubeObject): Readonly<Record<string, string>> {
  const data = stringsOf(object['data'] as JsonValue | undefined)
  if (object.kind !== 'Secret') return Object.fromEntries(data)
  return Object.fromEntries(data.map(([key, text]) => [key, Buffer.from(text, 'base64').toString('utf8')]))
}

/**
 * Reads the variables of a Kustomization: those of `substituteFrom` in order, then those of `substitute`, which win. `read`
 * gives the live object, or undefined where there is none. Every missing source is named, not only the first.
 */
export async function readVariables(
  kustomization: Kustomization,
  read: (reference: VariableReference) => Promise<KubeObject | undefined>,
): Promise<Variables> {
  const references = variableReferencesOf(kustomization)
  const objects = await Promise.all(references.map(read))
  const missing = references.filter((reference, index) => objects[index] === undefined && !reference.optional)
  if (missing.length > 0) {
    const problems = missing.map(
      ({ kind, name }) => `substitute from '${kind}/${name}' error: ${kind.toLowerCase()}s "${name}" not found`,
    )
    return { kind: 'missing', message: problems.join('\n') }
  }
  const sources = references.flatMap(({ kind, name }, index) => {
    const object = objects[index]
    return object === undefined ? [] : [{ name: `${kind}/${name}`, values: textDataOf(object) }]
  })
  const inline = kustomization.spec.postBuild?.substitute
  return {
    kind: 'variables',
    sources: inline === undefined ? sources : [...sources, { name: 'spec.postBuild.substitute', values: inline }],
  }
}
