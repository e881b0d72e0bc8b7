import { goQuote } from '../go-text.ts'
import { isArray, isObject, type JsonArray, type JsonObject, type JsonValue } from '../json.ts'
import { own } from '../own.ts'
import { sameValue } from '../same-value.ts'
import { PatchError, type PatchResult, resultOf } from './failure.ts'

/** One step of a JSON patch (RFC 6902). */
export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test'
  readonly path: string
  readonly from?: string
  readonly value?: JsonValue
}

/**
 * Applies a JSON patch as the API server does: all operations or none, with its messages. As there, `replace` also sets
 * fields that do not exist, and negative indexes count from the end.
 */
export function applyJsonPatch(document: JsonValue, patch: JsonValue): PatchResult<JsonValue> {
  return resultOf(() => {
    if (!isArray(patch)) {
      throw new PatchError(
        400,
        `error decoding patch: json: cannot unmarshal ${kindOf(patch)} into Go value of type []handlers.jsonPatchOp`,
      )
    }
    return patch.reduce<JsonValue>(
      (current, operation) => applyOperation(current, isObject(operation) ? operation : {}),
      document,
    )
  })
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null'
  if (isObject(value)) return 'object'
  return typeof value === 'boolean' ? 'bool' : typeof value === 'bigint' ? 'number' : typeof value
}

function applyOperation(document: JsonValue, operation: JsonObject): JsonValue {
  const { op, value = null } = operation
  switch (op) {
    case 'add': {
      const path = pathOf(operation, 'path', 'add operation failed to decode path: missing value')
      return within(document, path, `add operation does not apply: doc is missing path: "${path}": missing value`, at =>
        wrapped(`error in add for path: '${path}'`, () => add(at, value)),
      )
    }
    case 'remove': {
      const path = pathOf(operation, 'path', 'remove operation failed to decode path: missing value')
      return within(
        document,
        path,
        `remove operation does not apply: doc is missing path: "${path}": missing value`,
        at => wrapped(`error in remove for path: '${path}'`, () => remove(at)),
      )
    }
    case 'replace':
      return replace(document, pathOf(operation, 'path', missingPath('replace')), value)
    case 'move':
      return move(document, operation)
    case 'copy':
      return copy(document, operation)
    case 'test':
      return test(document, pathOf(operation, 'path', missingPath('test')), value)
    default:
      throw unprocessable(`Unexpected kind: ${typeof op === 'string' ? op : 'unknown'}`)
  }
}

/** The container that a path leads to, and the last step. */
interface Place {
  readonly container: JsonObject | JsonArray
  readonly key: string
}

function replace(document: JsonValue, path: string, value: JsonValue): JsonValue {
  if (path === '') return value
  return within(document, path, `replace operation does not apply: doc is missing path: ${path}: missing value`, at => {
    if (isArray(at.container) && !isIndexOf(at.container, at.key)) {
      throw unprocessable(`replace operation does not apply: doc is missing key: ${path}: missing value`)
    }
    return set(at, value)
  })
}

function move(document: JsonValue, operation: JsonObject): JsonValue {
  const from = pathOf(
    operation,
    'from',
    'move operation failed to decode from: operation, missing from field: missing value',
  )
  let value: JsonValue = null
  const without = within(
    document,
    from,
    `move operation does not apply: doc is missing from path: ${from}: missing value`,
    at =>
      wrapped(`error in move for path: '${at.key}'`, () => {
        value = get(at) ?? null
        return remove(at)
      }),
  )
  const path = pathOf(operation, 'path', missingPath('move'))
  return within(
    without,
    path,
    `move operation does not apply: doc is missing destination path: ${path}: missing value`,
    at => wrapped(`error in move for path: '${path}'`, () => add(at, value)),
  )
}

function copy(document: JsonValue, operation: JsonObject): JsonValue {
  const from = pathOf(
    operation,
    'from',
    'copy operation failed to decode from: operation, missing from field: missing value',
  )
  const source = placeOf(document, from)
  if (source === undefined)
    throw unprocessable(`copy operation does not apply: doc is missing from path: ${from}: missing value`)
  const value = wrapped(`error in copy for from: '${from}'`, () => get(source) ?? null)
  const path = pathOf(operation, 'path', 'copy operation failed to decode path: missing value')
  return within(
    document,
    path,
    `copy operation does not apply: doc is missing destination path: ${path}: missing value`,
    at => wrapped('error while adding value during copy', () => add(at, value)),
  )
}

function test(document: JsonValue, path: string, expected: JsonValue): JsonValue {
  const failed = unprocessable(`testing value ${path} failed: test failed`)
  if (path === '') {
    if (sameValue(document, expected)) return document
    throw failed
  }
  const place = placeOf(document, path)
  if (place === undefined) throw unprocessable(`test operation does not apply: is missing path: ${path}: missing value`)
  const value = wrapped(`error in test for path: '${path}'`, () => get(place) ?? null)
  if (!sameValue(value, expected)) throw failed
  return document
}

function missingPath(op: string): string {
  return `${op} operation failed to decode path: operation missing path field: missing value`
}

function pathOf(operation: JsonObject, field: 'path' | 'from', missing: string): string {
  const path = operation[field]
  if (typeof path !== 'string') throw unprocessable(missing)
  return path
}

function stepsOf(path: string): readonly string[] | undefined {
  const parts = path.split('/')
  return parts.length < 2 ? undefined : parts.slice(1).map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function placeOf(document: JsonValue, path: string): Place | undefined {
  const steps = stepsOf(path)
  if (steps === undefined) return undefined
  let at: JsonValue | undefined = document
  for (const step of steps.slice(0, -1)) {
    at = isArray(at) ? at[indexOf(at, step) ?? -1] : isObject(at) ? own(at, step) : undefined
  }
  return isArray(at) || isObject(at) ? { container: at, key: steps.at(-1) ?? '' } : undefined
}

/** The document with the container at the path changed; throws the message where the path leads nowhere. */
function within(document: JsonValue, path: string, missing: string, change: (at: Place) => JsonValue): JsonValue {
  const steps = stepsOf(path)
  const visit = (at: JsonValue | undefined, index: number): JsonValue => {
    const step = steps?.[index]
    if (step === undefined || (!isArray(at) && !isObject(at))) throw unprocessable(missing)
    if (index === steps!.length - 1) return change({ container: at, key: step })
    if (!isArray(at)) return { ...at, [step]: visit(own(at, step), index + 1) }
    const position = indexOf(at, step) ?? -1
    const item = visit(at[position], index + 1)
    return at.map((old, i) => (i === position ? item : old))
  }
  return visit(document, 0)
}

function get({ container, key }: Place): JsonValue | undefined {
  return isArray(container) ? container[checkedIndex(key, container.length)] : own(container, key)
}

function set({ container, key }: Place, value: JsonValue): JsonValue {
  if (!isArray(container)) return { ...container, [key]: value }
  const index = checkedIndex(key, container.length)
  return container.map((old, i) => (i === index ? value : old))
}

function add({ container, key }: Place, value: JsonValue): JsonValue {
  if (!isArray(container)) return { ...container, [key]: value }
  if (key === '-') return [...container, value]
  if (integer(key) === undefined)
    throw unprocessable(`value was not a proper array index: '${key}': ${notANumber(key)}`)
  return container.toSpliced(checkedIndex(key, container.length + 1), 0, value)
}

function remove({ container, key }: Place): JsonValue {
  if (isArray(container)) return container.toSpliced(checkedIndex(key, container.length), 1)
  if (own(container, key) === undefined) throw unprocessable(`Unable to remove nonexistent key: ${key}: missing value`)
  const { [key]: _, ...rest } = container
  return rest
}

function isIndexOf(list: JsonArray, key: string): boolean {
  return indexOf(list, key) !== undefined
}

/** The index of an item that exists; undefined otherwise. */
function indexOf(list: JsonArray, key: string): number | undefined {
  const index = integer(key)
  if (index === undefined || index >= list.length || index < -list.length) return undefined
  return index < 0 ? index + list.length : index
}

function checkedIndex(key: string, limit: number): number {
  const index = integer(key)
  if (index === undefined) throw unprocessable(notANumber(key))
  if (index >= limit || index < -limit)
    throw unprocessable(`Unable to access invalid index: ${index}: invalid index referenced`)
  return index < 0 ? index + limit : index
}

function integer(key: string): number | undefined {
  return /^[+-]?\d+$/.test(key) ? Number(key) : undefined
}

function notANumber(key: string): string {
  return `strconv.Atoi: parsing ${goQuote(key)}: invalid syntax`
}

function wrapped<T>(context: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw error instanceof PatchError ? unprocessable(`${context}: ${error.message}`) : error
  }
}

function unprocessable(message: string): PatchError {
  return new PatchError(422, message)
}
