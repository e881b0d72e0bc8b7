import { stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { gvkOf, type KubeObject } from '../../manifest/object.ts'
import { toYaml } from '../../manifest/yaml/to-yaml.ts'

/** `apps_v1_deployment_web.yaml`, with the namespace in front where the objects are of several, as kustomize names files. */
function fileNames(objects: readonly KubeObject[]): readonly string[] {
  const namespaces = new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []))
  return objects.map(object => {
    const { group, version, kind } = gvkOf(object)
    const { name, namespace } = object.metadata
    const parts = [namespaces.size > 1 ? namespace : undefined, group, version, kind, name]
    return `${parts.filter(part => part !== undefined && part !== '').join('_')}.yaml`.toLowerCase()
  })
}

/** Writes a build into a file, or each object into a file of its own where `output` is a folder. */
export async function writeBuild(output: string, yaml: string, objects: readonly KubeObject[]): Promise<void> {
  const found = await stat(output).catch(() => undefined)
  if (found?.isDirectory() !== true) return await writeFile(output, yaml)
  const names = fileNames(objects)
  await Promise.all(
    objects.map((object, index) => writeFile(path.join(output, names[index] ?? ''), toYaml(object as never))),
  )
}
