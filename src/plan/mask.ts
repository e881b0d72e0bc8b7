import { canonicalJson } from '../manifest/canonical.ts'
import { isObject, type JsonObject, type JsonValue } from '../manifest/json.ts'
import type { PatchOperation } from './json-patch.ts'

const SAME = '***'
const BEFORE = '*** (before)'
const AFTER = '*** (after)'

/** Whether an object's values must never be shown. */
export function isSecret(object: { readonly apiVersion: string; readonly kind: string }): boolean {
  return object.kind.toLowerCase() === 'secret' && object.apiVersion === 'v1'
}

/** A patch of a Secret with all values of `data` and `stringData` replaced by stars that only tell whether they changed. */
export function maskPatch(patch: readonly PatchOperation[]): readonly PatchOperation[] {
  return patch.map(operation => {
    const { path, value, before } = operation
    if (!/^(?:$|\/data(?:\/|$)|\/stringData(?:\/|$))/.test(path)) return operation
    if (path === '/data' || path === '/stringData') {
      const masked = maskPair(before, value)
      return withValues(operation, masked.before, masked.after)
    }
    if (path === '')
      return withValues(operation, before === undefined ? undefined : SAME, value === undefined ? undefined : SAME)
    const changed = operation.op === 'replace'
    return withValues(
      operation,
      before === undefined ? undefined : changed ? BEFORE : SAME,
      value === undefined ? undefined : changed ? AFTER : SAME,
    )
  })
}

function withValues(
  operation: PatchOperation,
  before: JsonValue | undefined,
  value: JsonValue | undefined,
): PatchOperation {
  const { op, path } = operation
  return { op, path, ...(value === undefined ? {} : { value }), ...(before === undefined ? {} : { before }) }
}

/** Two versions of a Secret's data with stars for values. Data that is no map of values becomes stars as a whole. */
function maskPair(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
): { readonly before: JsonValue | undefined; readonly after: JsonValue | undefined } {
  const [old, next] = [isObject(before) ? before : {}, isObject(after) ? after : {}]
  const differs = (key: string) =>
    Object.hasOwn(old, key) && Object.hasOwn(next, key) && canonicalJson(old[key]) !== canonicalJson(next[key])
  const stars = (values: JsonObject, mark: string): JsonObject =>
    Object.fromEntries(Object.keys(values).map(key => [key, differs(key) ? mark : SAME]))
  const mask = (given: JsonValue | undefined, values: JsonObject, mark: string) =>
    given === undefined || given === null ? given : isObject(given) ? stars(values, mark) : SAME
  return { before: mask(before, old, BEFORE), after: mask(after, next, AFTER) }
}

/**
 * Two versions of a Secret that can be shown side by side: `***` where a value is the same or stands on one side only, else
 * `*** (before)` and `*** (after)`. Never lets a value through, also where the data is malformed. The last-applied
 * annotation of kubectl repeats the values and is masked too.
 */
export function maskSecrets<T extends JsonObject | undefined>(
  before: T,
  after: T,
): { readonly before: T; readonly after: T } {
  const maskedData = maskPair(before?.['data'], after?.['data'])
  const maskedText = maskPair(before?.['stringData'], after?.['stringData'])
  const replace = (object: T, data: JsonValue | undefined, text: JsonValue | undefined): T =>
    (object === undefined
      ? object
      : {
          ...maskLastApplied(object),
          ...(data === undefined ? {} : { data }),
          ...(text === undefined ? {} : { stringData: text }),
        }) as T
  return {
    before: replace(before, maskedData.before, maskedText.before),
    after: replace(after, maskedData.after, maskedText.after),
  }
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

function maskLastApplied(object: JsonObject): JsonObject {
  const metadata = object['metadata']
  const annotations = isObject(metadata) ? metadata['annotations'] : undefined
  if (!isObject(metadata) || !isObject(annotations) || annotations[LAST_APPLIED] === undefined) return object
  return { ...object, metadata: { ...metadata, annotations: { ...annotations, [LAST_APPLIED]: SAME } } }
}
