import { isArray, isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import { formatFloatG } from './go-text.ts'
import { spendNodes } from './meter.ts'
import { fail } from './problem.ts'

/** An RFC 6902 operation as it stands in the patch. */
export type Operation = JsonObject
export type JsonPatch = readonly Operation[]

type Mutable = null | boolean | number | bigint | string | Mutable[] | MutableObject
interface MutableObject {
  [key: string]: Mutable
}
type Container = Mutable[] | MutableObject

const missing = 'missing value'

/** Reads a patch; it has to be a list of objects. */
export function readJsonPatch(value: JsonValue): JsonPatch {
  if (value === null) return []
  if (!isArray(value)) {
    return fail(`json: cannot unmarshal ${typeOf(value)} into Go value of type jsonpatch.Patch`, {
      code: 'bad-json-patch',
    })
  }
  for (const operation of value) {
    if (!isObject(operation) && operation !== null)
      fail(`json: cannot unmarshal ${typeOf(operation)} into Go value of type jsonpatch.Operation`, {
        code: 'bad-json-patch',
      })
  }
  return value.map(operation => (operation ?? {}) as Operation)
}

function typeOf(value: JsonValue): string {
  if (isArray(value)) return 'array'
  if (typeof value === 'object') return 'object'
  return typeof value === 'boolean' ? 'bool' : typeof value === 'bigint' ? 'number' : typeof value
}

/**
 * Applies a patch the way kustomize's library (json-patch v4) does: `replace` also adds, indexes may be negative, `add` to a
 * path whose parent is missing is a problem. The document is not changed.
 */
export function applyJsonPatch(document: JsonObject, patch: JsonPatch): JsonValue {
  let root = clone(document as Mutable) as Container
  for (const operation of patch) root = applyOperation(root, operation)
  return root as JsonValue
}

function applyOperation(root: Container, operation: Operation): Container {
  const kind = typeof operation['op'] === 'string' ? operation['op'] : 'unknown'
  switch (kind) {
    case 'add': {
      const path = pathOf(operation, 'path', 'add')
      const [parent, key] =
        parentOf(root, path) ?? notThere(`add operation does not apply: doc is missing path: "${path}"`)
      inContext(`error in add for path: '${path}'`, () => add(parent, key, operationValue(operation)))
      return root
    }
    case 'remove': {
      const path = pathOf(operation, 'path', 'remove')
      const [parent, key] =
        parentOf(root, path) ?? notThere(`remove operation does not apply: doc is missing path: "${path}"`)
      inContext(`error in remove for path: '${path}'`, () => remove(parent, key))
      return root
    }
    case 'replace':
      return replace(root, operation)
    case 'move':
      move(root, operation)
      return root
    case 'copy':
      copy(root, operation)
      return root
    case 'test':
      test(root, operation)
      return root
    default:
      return fail(`Unexpected kind: ${kind}`, {
        code: 'bad-json-patch',
        hint: 'add, remove, replace, move, copy or test',
      })
  }
}

function replace(root: Container, operation: Operation): Container {
  const path = pathOf(operation, 'path', 'replace')
  if (path === '') {
    const value = operationValue(operation)
    if (typeof value !== 'object' || value === null)
      return fail('replace operation value must be object or array', { code: 'bad-json-patch' })
    return value
  }
  const [parent, key] =
    parentOf(root, path) ?? notThere(`replace operation does not apply: doc is missing path: ${path}`)
  if (Array.isArray(parent)) {
    const index = existingIndex(parent, key)
    if (index === undefined) return notThere(`replace operation does not apply: doc is missing key: ${path}`)
    parent[index] = operationValue(operation)
  } else setKey(parent, key, operationValue(operation))
  return root
}

function move(root: Container, operation: Operation): void {
  const from = pathOf(operation, 'from', 'move')
  const [source, sourceKey] =
    parentOf(root, from) ?? notThere(`move operation does not apply: doc is missing from path: ${from}`)
  const value = inContext(`error in move for path: '${sourceKey}'`, () => {
    const found = read(source, sourceKey)
    remove(source, sourceKey)
    return found
  })
  const path = pathOf(operation, 'path', 'move')
  const [target, key] =
    parentOf(root, path) ?? notThere(`move operation does not apply: doc is missing destination path: ${path}`)
  inContext(`error in move for path: '${path}'`, () => add(target, key, value ?? null))
}

function copy(root: Container, operation: Operation): void {
  const from = pathOf(operation, 'from', 'copy')
  const [source, sourceKey] =
    parentOf(root, from) ?? notThere(`copy operation does not apply: doc is missing from path: ${from}`)
  const value = inContext(`error in copy for from: '${from}'`, () => read(source, sourceKey))
  const path = pathOf(operation, 'path', 'copy')
  const [target, key] =
    parentOf(root, path) ?? notThere(`copy operation does not apply: doc is missing destination path: ${path}`)
  inContext('error while adding value during copy', () => add(target, key, clone(value ?? null)))
}

function test(root: Container, operation: Operation): void {
  const path = pathOf(operation, 'path', 'test')
  const failed = (): never =>
    fail(`testing value ${path} failed: test failed`, {
      code: 'json-patch-test',
      hint: 'the value is not the expected one',
    })
  if (path === '') {
    if (!equal(root, operationValue(operation))) failed()
    return
  }
  const [parent, key] = parentOf(root, path) ?? notThere(`test operation does not apply: is missing path: ${path}`)
  const found = inContext(`error in test for path: '${path}'`, () => read(parent, key))
  if (!equal(found ?? null, operationValue(operation))) failed()
}

function pathOf(operation: Operation, field: 'path' | 'from', name: string): string {
  const path = operation[field]
  if (typeof path === 'string') return path
  return fail(
    name === 'add' || name === 'remove'
      ? `${name} operation failed to decode path: ${missing}`
      : `${name} operation failed to decode ${field}: operation missing ${field} field: ${missing}`,
    { code: 'bad-json-patch' },
  )
}

const operationValue = (operation: Operation): Mutable => clone((operation['value'] ?? null) as Mutable)

function notThere(message: string): never {
  return fail(`${message}: ${missing}`, { code: 'json-patch-path-missing' })
}

function inContext<T>(context: string, step: () => T): T {
  try {
    return step()
  } catch (error) {
    if (error instanceof Error) error.message = `${context}: ${error.message}`
    throw error
  }
}

const decodeKey = (part: string): string => part.replaceAll(/~[01]/g, code => (code === '~1' ? '/' : '~'))

function parentOf(root: Container, path: string): [Container, string] | undefined {
  const parts = path.split('/')
  if (parts.length < 2) return undefined
  let container = root
  for (const part of parts.slice(1, -1)) {
    const key = decodeKey(part)
    let next: Mutable | undefined
    if (Array.isArray(container)) {
      const index = existingIndex(container, key)
      next = index === undefined ? undefined : container[index]
    } else next = Object.hasOwn(container, key) ? container[key] : undefined
    if (typeof next !== 'object' || next === null) return undefined
    container = next
  }
  return [container, decodeKey(parts.at(-1) ?? '')]
}

const integerPattern = /^[-+]?\d+$/

function existingIndex(array: readonly Mutable[], key: string): number | undefined {
  if (!integerPattern.test(key)) return undefined
  const index = Number(key) < 0 ? Number(key) + array.length : Number(key)
  return index >= 0 && index < array.length ? index : undefined
}

function badIndex(key: string): never {
  if (!integerPattern.test(key)) fail(`strconv.Atoi: parsing "${key}": invalid syntax`, { code: 'bad-json-patch' })
  return fail(`Unable to access invalid index: ${Number(key)}: invalid index referenced`, {
    code: 'json-patch-path-missing',
  })
}

function read(container: Container, key: string): Mutable | undefined {
  if (!Array.isArray(container)) return Object.hasOwn(container, key) ? container[key] : undefined
  const index = existingIndex(container, key)
  return index === undefined ? badIndex(key) : container[index]
}

function setKey(object: MutableObject, key: string, value: Mutable): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}

function clone(value: Mutable): Mutable {
  spendNodes()
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(clone)
  const copy: MutableObject = {}
  for (const key of Object.keys(value)) setKey(copy, key, clone(value[key] as Mutable))
  return copy
}

function add(container: Container, key: string, value: Mutable): void {
  if (!Array.isArray(container)) {
    setKey(container, key, value)
    return
  }
  if (key === '-') {
    container.push(value)
    return
  }
  if (!integerPattern.test(key))
    fail(`value was not a proper array index: '${key}': strconv.Atoi: parsing "${key}": invalid syntax`, {
      code: 'bad-json-patch',
    })
  const index = Number(key) < 0 ? Number(key) + container.length + 1 : Number(key)
  if (index < 0 || index > container.length) badIndex(key)
  container.splice(index, 0, value)
}

function remove(container: Container, key: string): void {
  if (Array.isArray(container)) {
    const index = existingIndex(container, key)
    if (index === undefined) badIndex(key)
    container.splice(index, 1)
    return
  }
  if (!Object.hasOwn(container, key)) notThere(`Unable to remove nonexistent key: ${key}`)
  delete container[key]
}

function equal(a: Mutable, b: Mutable): boolean {
  if (typeof a === 'number' && typeof b === 'number') return formatFloatG(a) === formatFloatG(b)
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, i) => equal(item, b[i] as Mutable))
    )
  }
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every(key => Object.hasOwn(b, key) && equal(a[key] as Mutable, b[key] as Mutable))
  )
}
