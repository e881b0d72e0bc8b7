import type { JsonObject } from '../../manifest/json.ts'
import { apiVersionOf, type KubeObject } from '../../manifest/object.ts'
import { schemaFromCrd } from '../../manifest/schema/crd.ts'
import { byPriority } from '../discovery/groups.ts'
import type { FieldError } from '../field-error.ts'
import type { Kind, KindVersion, ScalePaths, Shape, Subresource } from '../kind.ts'
import { createRuleChecker, type RuleChecker } from './cel.ts'
import { customColumns } from './columns.ts'
import { withDefaults, withoutNulls } from './defaults.ts'
import { type DefinitionSpec, type DefinitionVersion, specOf } from './definition.ts'
import { compilePath } from './json-path.ts'
import type { JsonSchema } from './json-schema.ts'
import { listTypeErrors } from './list-types.ts'
import { prune } from './prune.ts'
import { schemaErrors } from './validate.ts'

/** The resource type that a CustomResourceDefinition defines; undefined when no version of it is served. */
export function customKind(definition: KubeObject): Kind | undefined {
  const spec = specOf(definition)
  const served = spec.versions.filter(version => version.served)
  const storage = spec.versions.find(version => version.storage)
  if (served.length === 0 || storage === undefined) return undefined
  const versions = served.map(version => versionOf(spec, version)).sort((a, b) => byPriority(a.version, b.version))
  const schema = storage.schema?.openAPIV3Schema ?? {}
  const subresources = subresourcesOf(served)
  const scale =
    storage.subresources?.scale ??
    served.find(version => version.subresources?.scale !== undefined)?.subresources?.scale
  const selectable = served.flatMap(version => version.selectableFields ?? [])
  const rules = createRuleChecker(schema)
  const validate = (object: KubeObject, old?: KubeObject) => customErrors(schema, rules, object, old)
  return {
    group: spec.group,
    kind: spec.names.kind,
    ...(spec.names.listKind === undefined ? {} : { listKind: spec.names.listKind }),
    plural: spec.names.plural,
    singular: spec.names.singular ?? spec.names.kind.toLowerCase(),
    shortNames: spec.names.shortNames ?? [],
    categories: spec.names.categories ?? [],
    namespaced: spec.scope === 'Namespaced',
    versions,
    storageVersion: storage.name,
    subresources,
    ...(scale === undefined ? {} : { scale: scalePaths(scale) }),
    nameRule: 'dns1123Subdomain',
    custom: true,
    ...(selectable.length === 0 ? {} : { selectableFields: Object.fromEntries(selectable.map(selectableField)) }),
    strategy: {
      validate: object => validate(object),
      validateUpdate: (object, old) => validate(object, old),
      validateStatusUpdate: (object, old) => validate(object, old),
    },
  }
}

function versionOf(spec: DefinitionSpec, version: DefinitionVersion): KindVersion {
  const schema = version.schema?.openAPIV3Schema ?? {}
  const apiVersion = apiVersionOf({ group: spec.group, version: version.name })
  const warning = version.deprecationWarning ?? `${apiVersion} ${spec.names.kind} is deprecated`
  return {
    version: version.name,
    ...(version.deprecated === true ? { deprecation: warning } : {}),
    columns: customColumns(version.additionalPrinterColumns),
    shape: shapeOf(spec, version.name, schema),
  }
}

function shapeOf(spec: DefinitionSpec, version: string, schema: JsonSchema): Shape {
  const fields = schemaFromCrd({ spec }, version) ?? { type: 'object' as const, preserveUnknownFields: true }
  return {
    fields,
    openapi: schema as unknown as JsonObject,
    normalize(object, unknown) {
      const value = object as unknown as JsonObject
      const pruned = spec.preserveUnknownFields === true ? value : prune(schema, value, unknown)
      const known = spec.preserveUnknownFields === true ? pruned : withoutNulls(schema, pruned)
      return withDefaults(schema, known) as unknown as KubeObject
    },
    defaults: object => withDefaults(schema, object as unknown as JsonObject) as unknown as KubeObject,
  }
}

function customErrors(
  schema: JsonSchema,
  rules: RuleChecker | undefined,
  object: KubeObject,
  old: KubeObject | undefined,
): readonly FieldError[] {
  const value = object as unknown as JsonObject
  const before = old as unknown as JsonObject | undefined
  const errors = [...schemaErrors(withoutMetadata(schema), value, before)]
  const repeated = listTypeErrors(schema, value)
  if (repeated.length > 0 && (before === undefined || listTypeErrors(schema, before).length === 0))
    errors.push(...repeated)
  return rules === undefined ? errors : [...errors, ...rules.check(value, before, errors)]
}

const bare = new WeakMap<JsonSchema, JsonSchema>()

/** Metadata has its own rules; what a schema says about it (name and generateName only) is not about its shape. */
function withoutMetadata(schema: JsonSchema): JsonSchema {
  const known = bare.get(schema)
  if (known !== undefined) return known
  const { metadata, apiVersion: _a, kind: _k, ...properties } = schema.properties ?? {}
  const name = metadata?.properties?.['name']
  const result: JsonSchema = {
    ...schema,
    properties: name === undefined ? properties : { ...properties, metadata: { type: 'object', properties: { name } } },
  }
  bare.set(schema, result)
  return result
}

function subresourcesOf(versions: readonly DefinitionVersion[]): readonly Subresource[] {
  const names: Subresource[] = []
  if (versions.some(version => version.subresources?.status !== undefined)) names.push('status')
  if (versions.some(version => version.subresources?.scale !== undefined)) names.push('scale')
  return names
}

function scalePaths(scale: NonNullable<NonNullable<DefinitionVersion['subresources']>['scale']>): ScalePaths {
  const selector = scale.labelSelectorPath === undefined ? undefined : compilePath(scale.labelSelectorPath)
  return {
    specReplicas: scale.specReplicasPath.replace(/^\./, ''),
    statusReplicas: scale.statusReplicasPath.replace(/^\./, ''),
    selector: object => {
      const found = selector?.(object as unknown as JsonObject)[0]
      return typeof found === 'string' ? found : undefined
    },
  }
}

function selectableField({ jsonPath }: { readonly jsonPath: string }) {
  const find = compilePath(jsonPath)
  const read = (object: KubeObject) => {
    const value = find?.(object as unknown as JsonObject)[0]
    return value === undefined || value === null ? '' : String(value)
  }
  return [jsonPath.replace(/^\./, ''), read] as const
}
