import type { JsonObject } from '../../manifest/json.ts'

/** An entry of `spec.images`. */
export interface Image {
  readonly name: string
  readonly newName?: string
  readonly newTag?: string
  readonly digest?: string
}

function mergeImage(existing: JsonObject, image: Image): JsonObject {
  const { newName, newTag, digest } = image
  const version = newTag !== undefined || digest !== undefined ? { newTag, digest } : existing
  const entries = { ...existing, newTag: version['newTag'], digest: version['digest'], ...(newName && { newName }) }
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined && value !== ''))
}

/**
 * The `images` of a kustomization file with those of the spec merged in by name. A tag or digest in the spec replaces
 * tag and digest of the file together, so that no old digest pins what a new tag names.
 */
export function mergeImages(existing: readonly JsonObject[], images: readonly Image[]): readonly JsonObject[] {
  const merged = [...existing]
  for (const image of images) {
    const at = merged.findIndex(each => each['name'] === image.name)
    if (at < 0) merged.push(mergeImage({ name: image.name }, image))
    else merged[at] = mergeImage(merged[at] as JsonObject, image)
  }
  return merged
}
