import { isObject, type JsonObject, type JsonValue } from '../manifest/json.ts'
import { createPatch, type PatchOperation, type PatchOptions } from './json-patch.ts'

/** Only labels and annotations of an object, as `{metadata: {…}}`; nothing where it has none. */
export function labelsAndAnnotations(object: JsonObject): JsonObject {
  const metadata = object['metadata']
  if (!isObject(metadata)) return {}
  const { annotations, labels } = metadata
  const kept = { ...(annotations === undefined ? {} : { annotations }), ...(labels === undefined ? {} : { labels }) }
  return Object.keys(kept).length === 0 ? {} : { metadata: kept }
}

/** An object without metadata and status: what its author decides. */
export function contentOf(object: JsonObject): JsonObject {
  const { metadata: _, status: __, ...content } = object
  return content
}

/** Labels and annotations that are new or different in `y`. Removed ones are left out: controllers add their own. */
export function diffMetadata(x: JsonObject, y: JsonObject, options?: PatchOptions): readonly PatchOperation[] {
  const patch = createPatch(labelsAndAnnotations(x), labelsAndAnnotations(y), options)
  return patch.filter(({ op }) => op !== 'remove')
}

/** Everything but metadata and status that differs. */
export function diffContent(x: JsonObject, y: JsonObject, options?: PatchOptions): readonly PatchOperation[] {
  return createPatch(contentOf(x) as JsonValue, contentOf(y) as JsonValue, options)
}
