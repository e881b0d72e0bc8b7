import type { JsonObject } from '../manifest/json.ts'
import type { KubeObject } from '../manifest/object.ts'
import { digest } from './fingerprint.ts'
import { normalizeDryRun } from './normalize/normalize.ts'
import { contentOf } from './object-diff.ts'

/**
 * Whether applying would change a live object, by what the server answered to a dry run: labels, annotations, or anything
 * but metadata and status differ. An answer without a resource version is a creation.
 */
export function hasDrifted(live: KubeObject | undefined, dryRun: KubeObject): boolean {
  if (live === undefined || !dryRun.metadata.resourceVersion) return true
  return contentDigest(live) !== contentDigest(dryRun)
}

/** A digest of what an apply can change: labels, annotations, and everything but metadata and status. */
export function contentDigest(object: KubeObject): string {
  const { labels, annotations } = object.metadata
  const content = contentOf(normalizeDryRun(object) as unknown as JsonObject)
  return digest({ content, labels: labels ?? {}, annotations: annotations ?? {} })
}
