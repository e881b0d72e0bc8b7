import { compareText } from '../compare-text.ts'
import { goJson } from '../go-text.ts'
import type { JsonObject } from '../json.ts'
import type { ManagedFieldsEntry } from '../object.ts'
import { emptySet, type FieldSet } from './field-set.ts'
import { parseFieldsV1, toFieldsV1 } from './fields-v1.ts'

/** What one manager owns, in the version in which it said so. */
export interface ManagedSet {
  readonly set: FieldSet
  readonly apiVersion: string
  readonly applied: boolean
}

/**
 * Names a manager within an object: its name, operation and subresource, and for updates the version too, as JSON text.
 * A manager that applies keeps its name when it moves to another version.
 */
export type ManagerId = string

/** The decoded `metadata.managedFields`. */
export interface Managed {
  readonly sets: ReadonlyMap<ManagerId, ManagedSet>
  readonly times: ReadonlyMap<ManagerId, string | undefined>
}

export const noManagers: Managed = { sets: new Map(), times: new Map() }

export function managerId(
  entry: Pick<ManagedFieldsEntry, 'manager' | 'operation' | 'apiVersion' | 'subresource'>,
): ManagerId {
  const fields = [
    entry.manager && `"manager":${goJson(entry.manager)}`,
    entry.operation && `"operation":"${entry.operation}"`,
    entry.operation !== 'Apply' && entry.apiVersion && `"apiVersion":${goJson(entry.apiVersion)}`,
    entry.subresource && `"subresource":${goJson(entry.subresource)}`,
  ]
  return `{${fields.filter(Boolean).join(',')}}`
}

/** Throws where an entry is not one, with the API server's words. */
export function decodeManaged(entries: readonly ManagedFieldsEntry[] = []): Managed {
  const sets = new Map<ManagerId, ManagedSet>()
  const times = new Map<ManagerId, string | undefined>()
  for (const [index, entry] of entries.entries()) {
    const { operation, apiVersion, fieldsType = '' } = entry
    if (operation !== 'Apply' && operation !== 'Update') throw new Error('operation must be `Apply` or `Update`')
    if (apiVersion === undefined || apiVersion === '') throw new Error('apiVersion must not be empty')
    if (String(fieldsType) === '') throw new Error(`missing fieldsType in managed fields entry ${index}`)
    if (fieldsType !== 'FieldsV1') {
      throw new Error(`invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${index}`)
    }
    const id = managerId(entry)
    sets.set(id, { set: decodeSet(entry.fieldsV1), apiVersion, applied: operation === 'Apply' })
    times.set(id, entry.time)
  }
  return { sets, times }
}

const decoded = new WeakMap<JsonObject, FieldSet>()

/** An object is read many times between two writes, mostly with the same entries. */
function decodeSet(fields: JsonObject | undefined): FieldSet {
  if (fields === undefined) return emptySet
  const known = decoded.get(fields)
  if (known !== undefined) return known
  const set = parseFieldsV1(fields)
  decoded.set(fields, set)
  return set
}

const encoded = new WeakMap<FieldSet, JsonObject>()

function encodeSet(set: FieldSet): JsonObject {
  const known = encoded.get(set)
  if (known !== undefined) return known
  const fields = toFieldsV1(set)
  encoded.set(set, fields)
  decoded.set(fields, set)
  return fields
}

/** The entries in the order in which the API server keeps them: appliers first, then by time, name and version. */
export function encodeManaged({ sets, times }: Managed): readonly ManagedFieldsEntry[] {
  const entries = [...sets].map(([id, { set, apiVersion, applied }]): ManagedFieldsEntry => {
    const { manager, operation = 'Update', subresource } = JSON.parse(id) as ManagedFieldsEntry
    const time = times.get(id)
    return {
      ...(manager === undefined ? {} : { manager }),
      operation: applied ? 'Apply' : operation,
      apiVersion,
      ...(time === undefined ? {} : { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: encodeSet(set),
      ...(subresource === undefined ? {} : { subresource }),
    }
  })
  return entries.length < 2 ? entries : entries.sort(compareEntries)
}

function compareEntries(a: ManagedFieldsEntry, b: ManagedFieldsEntry): number {
  return (
    compareText(a.operation, b.operation) ||
    seconds(a.time) - seconds(b.time) ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  )
}

/** Since the epoch; 0 without a time. */
export function seconds(time: string | undefined): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000)
}
