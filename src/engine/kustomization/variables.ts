import type { Kustomization } from '../../api/kustomization.ts'
import { isObject, type JsonValue } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'

/** A ConfigMap or Secret that a Kustomization takes variables from. */
export interface VariableSource {
  readonly kind: 'ConfigMap' | 'Secret'
  readonly namespace: string
  readonly name: string
  readonly optional: boolean
}

/** The variables of a Kustomization, or why they cannot be had. */
export type Variables =
  | { readonly kind: 'variables'; readonly values: Readonly<Record<string, string>> }
  | { readonly kind: 'missing'; readonly message: string }

/** Where the variables of a Kustomization come from, in the order of the spec: later ones win. */
export function variableSourcesOf({ metadata, spec }: Kustomization): readonly VariableSource[] {
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
 * Collects the variables of a Kustomization: those of `substituteFrom` in order, and over them those of `substitute`.
 * `read` gives the live object, or undefined where there is none. Every missing source is named, not only the first.
 */
export async function collectVariables(
  kustomization: Kustomization,
  read: (source: VariableSource) => Promise<KubeObject | undefined>,
): Promise<Variables> {
  const sources = variableSourcesOf(kustomization)
  const objects = await Promise.all(sources.map(read))
  const missing = sources.filter((source, index) => objects[index] === undefined && !source.optional)
  if (missing.length > 0) {
    const problems = missing.map(
      ({ kind, name }) => `substitute from '${kind}/${name}' error: ${kind.toLowerCase()}s "${name}" not found`,
    )
    return { kind: 'missing', message: problems.join('\n') }
  }
  const values = objects.flatMap(object => (object === undefined ? [] : Object.entries(textDataOf(object))))
  return {
    kind: 'variables',
    values: { ...Object.fromEntries(values), ...kustomization.spec.postBuild?.substitute },
  }
}
