import { canonicalJson } from '../manifest/canonical.ts'
import type { JsonObject } from '../manifest/json.ts'
import type { KubeObject } from '../manifest/object.ts'
import { normalizeDryRun } from './normalize/normalize.ts'
import { contentOf } from './object-diff.ts'

/**
 * Whether applying would change a live object, by what the server answered to a dry run: labels, annotations, or anything
 * but metadata and status differ. An answer without a resource version is a creation.
 */
export function hasDrifted(live: KubeObject | undefined, dryRun: KubeObject): boolean {
  if (live === undefined || !dryRun.metadata.resourceVersion) return true
  return comparable(live) !== comparable(dryRun)
}

function comparable(object: KubeObject): string {
  const { labels, annotations } = object.metadata
  const content = contentOf(normalizeDryRun(object) as unknown as JsonObject)
  return canonicalJson({ content, labels: labels ?? {}, annotations: annotations ?? {} })
}
