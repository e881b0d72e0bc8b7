import type { JsonObject, JsonValue } from '../../manifest/json.ts'
import { microTimestamp, timestamp } from '../clock.ts'
import { type Leaf, structOf, structOfKind, type TypeRef } from '../kinds/schema/go-types.ts'
import numbers from './generated/numbers.json' with { type: 'json' }
import { readFields, type WireField } from './wire.ts'

const MAGIC = Buffer.from('k8s\0')
/** Field names by struct and number. */
const table: ReadonlyMap<string, ReadonlyMap<number, string>> = new Map(
  Object.entries(numbers).map(([name, entries]) => [name, new Map(entries.split(' ').flatMap(numbered))]),
)

/**
 * A built-in object that a client sent as `application/vnd.kubernetes.protobuf`, as the JSON that it stands for. Throws an
 * `Error` for bytes that are none, and for kinds that have no protobuf form.
 */
export function decodeProtobuf(body: Uint8Array): JsonObject {
  if (!MAGIC.equals(body.subarray(0, 4)))
    throw new Error('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]')
  let apiVersion = ''
  let kind = ''
  let raw: Uint8Array = new Uint8Array()
  for (const field of readFields(body.subarray(4))) {
    if (field.type !== 'bytes') continue
    if (field.number === 1)
      for (const meta of readFields(field.value)) {
        if (meta.number === 1) apiVersion = text(meta)
        if (meta.number === 2) kind = text(meta)
      }
    if (field.number === 2) raw = field.value
  }
  const struct = structOfKind(apiVersion, kind)
  const name = struct?.name ?? (kind === 'DeleteOptions' ? 'meta/v1.DeleteOptions' : '')
  if (!table.has(name))
    throw new Error(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`)
  return { apiVersion, kind, ...message(name, name, raw) }
}

/** A message of `struct`, whose fields have the types of `typed`; they differ for structs that stand inline. */
function message(struct: string, typed: string, bytes: Uint8Array): JsonObject {
  const names = table.get(struct)
  const types = structOf(typed)?.fields
  const result: Record<string, JsonValue> = {}
  for (const field of readFields(bytes)) {
    const name = names?.get(field.number)
    if (name === undefined) continue
    if (name.startsWith('@')) {
      if (field.type === 'bytes') Object.assign(result, message(name.slice(1), typed, field.value))
      continue
    }
    const type = types?.get(name)?.type ?? OPTION_TYPES[name]
    if (type === undefined) continue
    add(result, name, name === 'extra' ? EXTRA : type, field)
  }
  return result
}

/** `DeleteOptions` is no object and has no struct among the kinds. */
const OPTION_TYPES: Readonly<Record<string, TypeRef>> = {
  gracePeriodSeconds: { kind: 'leaf', leaf: 'int', goType: 'int64' },
  orphanDependents: { kind: 'leaf', leaf: 'bool', goType: 'bool' },
  propagationPolicy: { kind: 'leaf', leaf: 'string', goType: 'string' },
  dryRun: { kind: 'list', of: { kind: 'leaf', leaf: 'string', goType: 'string' } },
  preconditions: { kind: 'struct', name: 'meta/v1.Preconditions' },
}

/** Extra values of users are lists in JSON and messages on the wire. */
const EXTRA: TypeRef = { kind: 'map', of: { kind: 'leaf', leaf: 'raw', goType: 'ExtraValue' }, resources: false }

function numbered(entry: string): [number, string][] {
  const found = /^(\d+)(.+)$/.exec(entry)
  return found === null ? [] : [[Number(found[1]), found[2]!]]
}

function add(result: Record<string, JsonValue>, name: string, type: TypeRef, field: WireField): void {
  switch (type.kind) {
    case 'pointer':
      add(result, name, type.of, field)
      return
    case 'list': {
      const list = (result[name] ?? []) as readonly JsonValue[]
      result[name] = [...list, value(type.of, field)]
      return
    }
    case 'map': {
      if (field.type !== 'bytes') return
      const [key, item] = mapEntry(type.of, field.value)
      result[name] = { ...(result[name] as JsonObject | undefined), [key]: item }
      return
    }
    default:
      result[name] = value(type, field)
  }
}

function mapEntry(type: TypeRef, bytes: Uint8Array): [string, JsonValue] {
  let key = ''
  let item: JsonValue | undefined
  for (const field of readFields(bytes)) {
    if (field.number === 1) key = text(field)
    if (field.number === 2)
      item = type.kind === 'leaf' && type.goType === 'ExtraValue' ? extraValue(field) : value(type, field)
  }
  return [key, item ?? (type.kind === 'leaf' && ['string', 'bytes'].includes(type.leaf) ? '' : {})]
}

function extraValue(field: WireField): JsonValue {
  return field.type === 'bytes' ? readFields(field.value).map(text) : []
}

function value(type: TypeRef, field: WireField): JsonValue {
  switch (type.kind) {
    case 'pointer':
      return value(type.of, field)
    case 'struct':
      return field.type === 'bytes' ? message(type.name, type.name, field.value) : {}
    case 'leaf':
      return leaf(type.leaf, field)
    default:
      return null
  }
}

function leaf(type: Leaf, field: WireField): JsonValue {
  if (field.type !== 'bytes') {
    if (type === 'bool') return field.value !== 0n
    return field.type === 'varint' ? Number(BigInt.asIntN(64, field.value)) : field.value
  }
  switch (type) {
    case 'bytes':
      return Buffer.from(field.value).toString('base64')
    case 'time':
    case 'microtime':
      return time(type, field.value)
    case 'duration':
      return `${(numberAt(field.value, 1) ?? 0) / 1e9}s`
    case 'quantity':
      return textAt(field.value, 1) ?? '0'
    case 'intstr':
      return (numberAt(field.value, 1) ?? 0) === 0 ? (numberAt(field.value, 2) ?? 0) : (textAt(field.value, 3) ?? '')
    case 'raw':
      return JSON.parse(textAt(field.value, 1) || 'null') as JsonValue
    default:
      return text(field)
  }
}

function time(type: 'time' | 'microtime', bytes: Uint8Array): JsonValue {
  const seconds = numberAt(bytes, 1)
  if (seconds === undefined) return null
  const milliseconds = seconds * 1000 + Math.floor((numberAt(bytes, 2) ?? 0) / 1e6)
  return type === 'time' ? timestamp(milliseconds) : microTimestamp(milliseconds)
}

function numberAt(bytes: Uint8Array, number: number): number | undefined {
  const found = readFields(bytes).find(field => field.number === number && field.type === 'varint')
  return found?.type === 'varint' ? Number(BigInt.asIntN(64, found.value)) : undefined
}

function textAt(bytes: Uint8Array, number: number): string | undefined {
  const found = readFields(bytes).find(field => field.number === number)
  return found === undefined ? undefined : text(found)
}

function text(field: WireField): string {
  return field.type === 'bytes' ? Buffer.from(field.value).toString('utf8') : String(field.value)
}
