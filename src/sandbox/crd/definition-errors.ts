import { isObject, type JsonValue } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { equal } from '../equal.ts'
import { type FieldError, invalid, notSupported, required } from '../field-error.ts'
import { nameErrors } from '../registry/names.ts'
import { type DefinitionSpec, type DefinitionVersion, specOf } from './definition.ts'
import { structuralErrors } from './structural.ts'

/** Problems of a new CustomResourceDefinition. */
export function definitionErrors(object: KubeObject): readonly FieldError[] {
  const spec = specOf(object)
  if (!isObject(spec as unknown as JsonValue)) return [required('spec')]
  const errors: FieldError[] = []
  const { group = '', names, scope } = spec
  if (group === '') errors.push(required('spec.group'))
  else {
    for (const problem of nameErrors('dns1123Subdomain', group)) errors.push(invalid('spec.group', group, problem))
    if (!group.includes('.')) errors.push(invalid('spec.group', group, 'should be a domain with at least one dot'))
  }
  if (scope === undefined) errors.push(required('spec.scope'))
  else if (scope !== 'Namespaced' && scope !== 'Cluster')
    errors.push(notSupported('spec.scope', scope as string, ['Cluster', 'Namespaced']))
  errors.push(...versionErrors(spec))
  errors.push(...namesErrors(spec))
  const expected = `${names?.plural ?? ''}.${group}`
  if (object.metadata.name !== expected)
    errors.unshift(invalid('metadata.name', object.metadata.name, 'must be spec.names.plural+"."+spec.group'))
  return errors
}

/** Problems of a change: group, scope and names of an established definition stay. */
export function definitionUpdateErrors(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const [next, before] = [specOf(object), specOf(old)]
  const errors = [...definitionErrors(object)]
  const immutable: readonly (readonly [string, JsonValue | undefined, JsonValue | undefined])[] = [
    ['spec.group', next?.group, before.group],
    ['spec.scope', next?.scope, before.scope],
    ['spec.names.kind', next?.names?.kind, before.names.kind],
    ['spec.names.plural', next?.names?.plural, before.names.plural],
  ]
  for (const [field, value, was] of immutable)
    if (!equal(value, was)) errors.push(invalid(field, value, 'field is immutable'))
  return errors
}

function namesErrors({ names }: DefinitionSpec): readonly FieldError[] {
  const errors: FieldError[] = []
  const label = (field: string, value: string | undefined, optional = false) => {
    if (value === undefined || value === '') {
      if (!optional) errors.push(required(`spec.names.${field}`))
      return
    }
    for (const problem of nameErrors('dns1035Label', value.toLowerCase()))
      errors.push(invalid(`spec.names.${field}`, value, problem))
    if (field !== 'kind' && field !== 'listKind' && value !== value.toLowerCase())
      for (const problem of nameErrors('dns1035Label', value))
        errors.push(invalid(`spec.names.${field}`, value, problem))
  }
  label('plural', names?.plural)
  label('singular', names?.singular, true)
  label('kind', names?.kind)
  label('listKind', names?.listKind, true)
  if (names?.kind !== undefined && names.kind === names.listKind)
    errors.push(invalid('spec.names.listKind', names.listKind, 'kind and listKind may not be the same'))
  for (const [index, short] of (names?.shortNames ?? []).entries())
    for (const problem of nameErrors('dns1035Label', short))
      errors.push(invalid(`spec.names.shortNames[${index}]`, short, problem))
  return errors
}

function versionErrors({ versions }: DefinitionSpec): readonly FieldError[] {
  if (!Array.isArray(versions) || versions.length === 0)
    return [
      invalid('spec.versions', [], 'must have exactly one version marked as storage version'),
      invalid('status.storedVersions', null, 'must have at least one stored version'),
    ]
  const errors: FieldError[] = []
  const names = new Set<string>()
  let storage = 0
  for (const [index, version] of versions.entries()) {
    const at = `spec.versions[${index}]`
    // What all versions share (here: what the only one has) is named by the place that it had in earlier versions.
    const shared = versions.length === 1 ? 'spec' : at
    const name = version.name ?? ''
    if (names.has(name)) errors.push(invalid(`${at}.name`, name, 'must be unique'))
    names.add(name)
    for (const problem of nameErrors('dns1035Label', name)) errors.push(invalid(`${at}.name`, name, problem))
    if (version.storage === true) storage++
    const schema = version.schema?.openAPIV3Schema
    if (schema === undefined) errors.push(required(`${at}.schema.openAPIV3Schema`))
    // A schema that all versions share (here: that of the only one) is called by the place it had in earlier versions.
    else
      errors.push(
        ...structuralErrors(
          schema,
          versions.length === 1 ? 'spec.validation.openAPIV3Schema' : `${at}.schema.openAPIV3Schema`,
        ),
      )
    for (const [column, { name: title, type, jsonPath }] of (version.additionalPrinterColumns ?? []).entries()) {
      const path = `${shared}.additionalPrinterColumns[${column}]`
      if (!title) errors.push(required(`${path}.name`))
      if (!type) errors.push(required(`${path}.type`, 'must be one of boolean,date,integer,number,string'))
      else if (!['boolean', 'date', 'integer', 'number', 'string'].includes(type))
        errors.push(invalid(`${path}.type`, type, 'must be one of boolean,date,integer,number,string'))
      if (!jsonPath) errors.push(required(`${path}.jsonPath`))
    }
  }
  if (storage !== 1)
    errors.push(
      invalid('spec.versions', internalForm(versions), 'must have exactly one version marked as storage version'),
    )
  if (storage === 0) errors.push(invalid('status.storedVersions', null, 'must have at least one stored version'))
  return errors
}

/** Versions as the server shows its own form of them; what a single version has stands elsewhere there. */
function internalForm(versions: readonly DefinitionVersion[]): JsonValue {
  return versions.map(version => ({
    Name: version.name,
    Served: version.served,
    Storage: version.storage,
    Deprecated: version.deprecated === true,
    DeprecationWarning: version.deprecationWarning ?? null,
    Schema: null,
    Subresources: null,
    AdditionalPrinterColumns: null,
    SelectableFields: null,
  }))
}
