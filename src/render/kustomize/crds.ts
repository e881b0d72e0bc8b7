import { isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import { type FieldSpec, makeFieldSpec } from './field-spec.ts'
import {
  emptyTransformerConfig,
  mergeConfigs,
  type NameReference,
  type TransformerConfig,
} from './transformer-config.ts'

/**
 * Reads a file of `crds:`: OpenAPI definitions of custom kinds whose `x-kubernetes-…` marks tell where annotations, label
 * selectors, names and references to other objects stand.
 */
export function readCrds(value: JsonValue): TransformerConfig {
  let config: TransformerConfig = emptyTransformerConfig
  if (!isObject(value)) return config
  for (const name of Object.keys(value)) {
    const properties = propertiesOf(value, name)
    if (!['kind', 'apiVersion', 'metadata'].every(field => Object.hasOwn(properties, field))) continue
    const found: Found = { annotations: [], labels: [], names: [], references: [] }
    collect(found, name.split('.').at(-1) ?? name, value, name, [], new Set())
    config = mergeConfigs(config, {
      ...emptyTransformerConfig,
      commonAnnotations: found.annotations,
      commonLabels: found.labels,
      namePrefix: found.names,
      nameReference: found.references,
      settled: false,
    })
  }
  return config
}

interface Found {
  readonly annotations: FieldSpec[]
  readonly labels: FieldSpec[]
  readonly names: FieldSpec[]
  readonly references: NameReference[]
}

function propertiesOf(definitions: JsonObject, name: string): JsonObject {
  const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined
  if (!isObject(definition)) return {}
  const schema = definition['Schema'] ?? definition['schema']
  const properties = isObject(schema) ? schema['properties'] : undefined
  return isObject(properties) ? properties : {}
}

function collect(
  found: Found,
  kind: string,
  definitions: JsonObject,
  type: string,
  path: readonly string[],
  seen: ReadonlySet<string>,
): void {
  if (seen.has(type)) return
  for (const [name, property] of Object.entries(propertiesOf(definitions, type))) {
    if (!isObject(property)) continue
    const text = (mark: string): string | undefined => {
      const value = property[`x-kubernetes-${mark}`]
      return typeof value === 'string' ? value : undefined
    }
    const at = [...path, name]
    const spec = (parts: readonly string[]): FieldSpec => makeFieldSpec(parts.join('/'), { kind })
    if (text('annotation') !== undefined) found.annotations.push(spec(at))
    if (text('label-selector') !== undefined) found.labels.push(spec(at))
    if (text('identity') !== undefined) found.names.push(spec(at))
    const version = text('object-ref-api-version')
    const target = text('object-ref-kind')
    if (version !== undefined && target !== undefined) {
      const nameKey = text('object-ref-name-key') ?? 'name'
      found.references.push({ group: '', version, kind: target, fieldSpecs: [spec([...at, nameKey])] })
    }
    const ref = property['$ref']
    if (typeof ref === 'string') collect(found, kind, definitions, ref, at, new Set([...seen, type]))
  }
}
