import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../../../manifest/json.ts'
import { put } from '../../../manifest/own.ts'
import { child, forbiddenField, invalid, required, tooLong } from '../../field-error.ts'
import type { Kind } from '../../kind.ts'
import { checkImmutable, configKeyErrors, type Errors } from '../checks.ts'
import { ageColumn, column, nameColumn } from '../columns.ts'
import { defineKind } from '../define.ts'
import { at, has, labelsAt, textAt, withUnset } from '../schema/value.ts'

const sizeLimit = 1024 * 1024
const count = (object: JsonObject, ...fields: readonly string[]) =>
  fields.reduce((sum, field) => sum + Object.keys(labelsAt(object, field)).length, 0)

/** `v1` ConfigMap. */
export const configMap: Kind = defineKind({
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  columns: [nameColumn, column('Data', object => count(object, 'data', 'binaryData')), ageColumn],
  validate: checkConfigMap,
  validateUpdate(object, old, errors) {
    checkFrozen(object, old, ['data', 'binaryData'], errors)
    checkConfigMap(object, errors)
  },
})

function checkConfigMap(object: JsonObject, errors: Errors): void {
  const data = labelsAt(object, 'data')
  const binary = labelsAt(object, 'binaryData')
  let size = 0
  for (const [key, value] of Object.entries(data)) {
    for (const problem of configKeyErrors(key)) errors.push(invalid(child('data', [key]), key, problem))
    if (Object.hasOwn(binary, key))
      errors.push(invalid(child('data', [key]), key, 'duplicate of key present in binaryData'))
    size += Buffer.byteLength(value)
  }
  for (const [key, value] of Object.entries(binary)) {
    for (const problem of configKeyErrors(key)) errors.push(invalid(child('binaryData', [key]), key, problem))
    size += decodedLength(value)
  }
  if (size > sizeLimit) errors.push(tooLong('[]', sizeLimit))
}

/** `v1` Secret. */
export const secret: Kind = defineKind({
  kind: 'Secret',
  plural: 'secrets',
  columns: [
    nameColumn,
    column('Type', object => textAt(object, 'type')),
    column('Data', object => count(object, 'data')),
    ageColumn,
  ],
  selectableFields: { type: object => textAt(object, 'type') },
  defaults: { 'core/v1.Secret': object => withUnset(withStringData(object), { type: 'Opaque' }) },
  validate: checkSecret,
  validateUpdate(object, old, errors) {
    checkImmutable(at(object, 'type'), at(old, 'type'), 'type', errors)
    checkFrozen(object, old, ['data'], errors)
    checkSecret(object, errors)
  },
})

/** `stringData` is for writing only: its values go into `data`, over those that are there. */
function withStringData(object: JsonObject): JsonObject {
  if (!has(object, 'stringData')) return object
  const { stringData: _folded, ...rest } = object
  const data: Record<string, string> = { ...labelsAt(object, 'data') }
  for (const [key, value] of Object.entries(labelsAt(object, 'stringData')))
    put(data, key, Buffer.from(value ?? '').toString('base64'))
  return { ...rest, data }
}

function checkSecret(object: JsonObject, errors: Errors): void {
  const data = labelsAt(object, 'data')
  let size = 0
  for (const [key, value] of Object.entries(data)) {
    for (const problem of configKeyErrors(key)) errors.push(invalid(child('data', [key]), key, problem))
    size += decodedLength(value)
  }
  if (size > sizeLimit) errors.push(tooLong('data', sizeLimit))
  checkSecretType(object, data, errors)
}

const accountName = 'kubernetes.io/service-account.name'

function checkSecretType(object: JsonObject, data: Readonly<Record<string, string>>, errors: Errors): void {
  const demand = (key: string) => {
    const present = Object.hasOwn(data, key)
    if (!present) errors.push(required(child('data', [key])))
    return present
  }
  switch (textAt(object, 'type')) {
    case 'kubernetes.io/service-account-token':
      if (textAt(object, 'metadata', 'annotations', accountName) === '')
        errors.push(required(child('metadata.annotations', [accountName])))
      break
    case 'kubernetes.io/dockercfg':
      if (demand('.dockercfg')) checkJson(data, '.dockercfg', errors)
      break
    case 'kubernetes.io/dockerconfigjson':
      if (demand('.dockerconfigjson')) checkJson(data, '.dockerconfigjson', errors)
      break
    case 'kubernetes.io/basic-auth':
      if (data['username'] === undefined && data['password'] === undefined) {
        demand('username')
        demand('password')
      }
      break
    case 'kubernetes.io/ssh-auth':
      if ((data['ssh-privatekey'] ?? '') === '') errors.push(required(child('data', ['ssh-privatekey'])))
      break
    case 'kubernetes.io/tls':
      demand('tls.crt')
      demand('tls.key')
  }
}

function checkJson(data: Readonly<Record<string, string>>, key: string, errors: Errors): void {
  const text = Buffer.from(data[key] ?? '', 'base64').toString()
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return
  } catch {
    // reported below, in the words of Go's decoder
  }
  const reason =
    text === '' ? 'unexpected end of JSON input' : `invalid character '${text[0]}' looking for beginning of value`
  errors.push(invalid(child('data', [key]), '<secret contents redacted>', reason))
}

function checkFrozen(object: JsonObject, old: JsonObject, fields: readonly string[], errors: Errors): void {
  if (at(old, 'immutable') !== true) return
  const detail = 'field is immutable when `immutable` is set'
  if (at(object, 'immutable') !== true) errors.push(forbiddenField('immutable', detail))
  for (const field of fields)
    if (!isDeepStrictEqual(labelsAt(object, field), labelsAt(old, field))) errors.push(forbiddenField(field, detail))
}

function decodedLength(base64: string): number {
  return Math.floor((base64.length * 3) / 4) - (base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0)
}
