import type { KubeObject } from '../../manifest/object.ts'
import type { Sourced } from '../../manifest/rendered.ts'
import type { BuildResult } from './build.ts'

/** The objects of a build, each with its place and the story of its fields. */
export function sourcedObjects(build: BuildResult): readonly Sourced[] {
  return build.values.map((value, index): Sourced => {
    const origin = build.places[index]
    return {
      object: value as unknown as KubeObject,
      ...(origin !== undefined && { origin }),
      explain: pointer => build.explain(index, pointer),
    }
  })
}
