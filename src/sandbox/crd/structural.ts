import { type FieldError, forbiddenField, invalid, notSupported, required } from '../field-error.ts'
import type { JsonSchema } from './json-schema.ts'
import { ruleErrors } from './rule-errors.ts'

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string']

/** What keeps a schema from being structural; `path` is where it stands in the definition. */
export function structuralErrors(schema: JsonSchema, path: string): readonly FieldError[] {
  const errors: FieldError[] = []
  if (schema.type !== 'object')
    errors.push(
      schema.type === undefined || schema.type === ''
        ? required(`${path}.type`, 'must not be empty at the root')
        : invalid(`${path}.type`, schema.type, 'must be object at the root'),
    )
  visit(schema, path, errors, true)
  // Rules are not looked at in a schema that has no types.
  return errors.length > 0 ? errors : ruleErrors(schema, path)
}

function visit(schema: JsonSchema, path: string, errors: FieldError[], isRoot = false): void {
  const free = schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true
  if ((schema.type === undefined || schema.type === '') && !free && !isRoot)
    errors.push(required(`${path}.type`, 'must not be empty for specified object fields'))
  else if (schema.type !== undefined && schema.type !== '' && !TYPES.includes(schema.type))
    errors.push(notSupported(`${path}.type`, schema.type, TYPES))
  if (schema.type === 'array' && schema.items === undefined) errors.push(required(`${path}.items`, 'must be specified'))
  if (schema.properties !== undefined && typeof schema.additionalProperties === 'object')
    errors.push(forbiddenField(`${path}.additionalProperties`, 'must not be used together with properties'))
  if (schema.uniqueItems === true)
    errors.push(
      forbiddenField(
        `${path}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    )
  listErrors(schema, path, errors)
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    if (isRoot && (name === 'metadata' || name === 'apiVersion' || name === 'kind')) continue
    visit(field, `${path}.properties[${name}]`, errors)
  }
  if (schema.items !== undefined) visit(schema.items, `${path}.items`, errors)
  if (typeof schema.additionalProperties === 'object')
    visit(schema.additionalProperties, `${path}.additionalProperties`, errors)
}

function listErrors(schema: JsonSchema, path: string, errors: FieldError[]): void {
  const type = schema['x-kubernetes-list-type']
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  if (type === undefined) {
    if (keys.length > 0)
      errors.push(required(`${path}.x-kubernetes-list-type`, 'must be map if x-kubernetes-list-map-keys is non-empty'))
    return
  }
  if (!['atomic', 'set', 'map'].includes(type)) {
    errors.push(notSupported(`${path}.x-kubernetes-list-type`, type, ['atomic', 'map', 'set']))
    return
  }
  if (schema.type !== 'array') {
    errors.push(invalid(`${path}.type`, schema.type ?? '', 'must be array if x-kubernetes-list-type is specified'))
    return
  }
  if (type !== 'map') return
  if (keys.length === 0)
    errors.push(required(`${path}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map'))
  for (const [index, key] of keys.entries()) {
    const field = schema.items?.properties?.[key]
    const at = `${path}.x-kubernetes-list-map-keys[${index}]`
    if (field === undefined) errors.push(invalid(at, key, 'entries must all be names of item properties'))
    else if (!(schema.items?.required ?? []).includes(key) && field.default === undefined)
      errors.push(
        required(
          `${path}.items.properties[${key}].default`,
          'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
        ),
      )
  }
}
