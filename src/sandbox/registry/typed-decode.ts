import { isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import { parseQuantity } from '../../manifest/quantity.ts'
import { type StructType, structOf, type TypeRef } from '../kinds/schema/go-types.ts'

/** What decoding into the server's Go types makes of a value. */
export interface TypedDecode {
  /** Without the fields that the type does not have. */
  readonly value: JsonObject
  /** Their paths, in order. */
  readonly unknown: readonly string[]
  /** Go's text for the first value of a wrong type. */
  readonly error?: string
}

interface Run {
  readonly unknown: string[]
  error: string | undefined
}

/** Decodes an object as Go's JSON decoder does. */
export function decodeTyped(struct: StructType, object: JsonObject): TypedDecode {
  const run: Run = { unknown: [], error: undefined }
  const value = structValue(run, struct, object, '', '')
  return { value, unknown: run.unknown, ...(run.error === undefined ? {} : { error: run.error }) }
}

/** `path` has indexes and names unknown fields; `names` has none and stands in Go's type errors. */
function structValue(run: Run, struct: StructType, object: JsonObject, path: string, names: string): JsonObject {
  let copy: Record<string, JsonValue | undefined> | undefined
  for (const key in object) {
    const before = object[key]
    if (before === undefined) continue
    const field = struct.fields.get(key)
    const at = path === '' ? key : `${path}.${key}`
    if (field === undefined) {
      if (key !== 'selfLink') run.unknown.push(at)
      copy ??= { ...object }
      delete copy[key]
      continue
    }
    const owner = struct.name.slice(struct.name.lastIndexOf('.') + 1)
    const named = names === '' ? key : `${names}.${key}`
    const after = typedValue(run, field.type, before, at, named, owner)
    if (after === before) continue
    copy ??= { ...object }
    copy[key] = after
  }
  return copy ?? object
}

function typedValue(run: Run, type: TypeRef, value: JsonValue, path: string, names: string, owner: string): JsonValue {
  if (value === null) return null
  const fail = (given: string, wanted: string): JsonValue => {
    run.error ??= `json: cannot unmarshal ${given} into Go struct field ${owner}.${names} of type ${wanted}`
    return value
  }
  switch (type.kind) {
    case 'pointer':
      return typedValue(run, type.of, value, path, names, owner)
    case 'list': {
      if (!Array.isArray(value)) return fail(describe(value), goName(type))
      let copy: JsonValue[] | undefined
      for (let index = 0; index < value.length; index++) {
        const before = value[index] as JsonValue
        const after = typedValue(run, type.of, before, `${path}[${index}]`, names, owner)
        if (after === before) continue
        copy ??= value.slice()
        copy[index] = after
      }
      return copy ?? value
    }
    case 'map': {
      if (!isObject(value)) return fail(describe(value), goName(type))
      let copy: Record<string, JsonValue | undefined> | undefined
      for (const key in value) {
        const before = value[key]
        if (before === undefined) continue
        const after = typedValue(run, type.of, before, `${path}.${key}`, names, owner)
        if (after === before) continue
        copy ??= { ...value }
        copy[key] = after
      }
      return copy ?? value
    }
    case 'struct': {
      const struct = structOf(type.name)
      if (struct === undefined || struct.fields.size === 0) return value
      if (!isObject(value)) return fail(describe(value), goName(type))
      return structValue(run, struct, value, path, names)
    }
    case 'leaf':
      return leafValue(run, type, value, fail)
  }
}

function leafValue(
  run: Run,
  { leaf, goType }: TypeRef & { kind: 'leaf' },
  value: JsonValue,
  fail: (given: string, wanted: string) => JsonValue,
): JsonValue {
  switch (leaf) {
    case 'string':
      return typeof value === 'string' ? value : fail(describe(value), goType)
    case 'bytes':
      if (typeof value !== 'string') return fail(describe(value), '[]uint8')
      return base64(run, value)
    case 'bool':
      return typeof value === 'boolean' ? value : fail(describe(value), goType)
    case 'int':
      if (typeof value !== 'number') return fail(describe(value), goType)
      return fits(value, goType) ? value : fail(`number ${value}`, goType)
    case 'float':
      return typeof value === 'number' ? value : fail(describe(value), goType)
    case 'time':
    case 'microtime':
      return time(run, value, fail)
    case 'quantity': {
      if (typeof value !== 'string' && typeof value !== 'number') return fail(describe(value), 'string')
      const parsed = parseQuantity(String(value))
      if (typeof parsed === 'string') run.error ??= parsed
      return typeof value === 'number' ? String(value) : value
    }
    case 'intstr':
      if (typeof value === 'number') {
        if (!fits(value, 'int32')) run.error ??= `json: cannot unmarshal number ${value} into Go value of type int32`
        return value
      }
      if (typeof value !== 'string')
        run.error ??= `json: cannot unmarshal ${describe(value)} into Go value of type int32`
      return value
    case 'duration':
      if (typeof value !== 'string')
        run.error ??= `json: cannot unmarshal ${describe(value)} into Go value of type string`
      return value
    case 'raw':
      return value
  }
}

function time(run: Run, value: JsonValue, _fail: unknown): JsonValue {
  if (typeof value !== 'string') {
    run.error ??= `json: cannot unmarshal ${describe(value)} into Go value of type string`
    return value
  }
  const valid =
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(value) && !Number.isNaN(Date.parse(value))
  if (!valid) {
    const text = JSON.stringify(value)
    run.error ??= `parsing time ${text} as "2006-01-02T15:04:05Z07:00": cannot parse ${text} as "2006"`
  }
  return value
}

function base64(run: Run, value: string): string {
  const text = value.replace(/[\r\n]/g, '')
  const bad = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?/.exec(text)?.[0].length ?? 0
  if (bad !== text.length) {
    const wrong = /[^A-Za-z0-9+/]/.exec(text)
    run.error ??= `illegal base64 data at input byte ${wrong === null ? bad : wrong.index}`
  }
  return text
}

const LIMITS: Readonly<Record<string, readonly [number, number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-(2 ** 63), 2 ** 63],
  uint16: [0, 65535],
  uint32: [0, 2 ** 32 - 1],
  uint64: [0, 2 ** 64],
  uint8: [0, 255],
}

function fits(value: number, goType: string): boolean {
  if (!Number.isInteger(value)) return false
  const limits = LIMITS[goType]
  return limits === undefined || (value >= limits[0] && value <= limits[1])
}

/** How Go's decoder calls a JSON value. */
function describe(value: JsonValue): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'bigint') return 'number'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

/** The Go name of a type: `[]v1.Container`, `map[string]string`. */
function goName(type: TypeRef): string {
  switch (type.kind) {
    case 'pointer':
      return `*${goName(type.of)}`
    case 'list':
      return `[]${goName(type.of)}`
    case 'map':
      return type.resources ? 'v1.ResourceList' : `map[string]${goName(type.of)}`
    case 'struct':
      return type.name.slice(type.name.lastIndexOf('/') + 1)
    case 'leaf':
      return type.leaf === 'bytes' ? '[]uint8' : type.goType
  }
}
