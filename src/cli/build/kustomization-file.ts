import { readFile } from 'node:fs/promises'
import { type Kustomization, kustomizationKind } from '../../api/kustomization.ts'
import { formatDiagnostic } from '../../manifest/diagnostic.ts'
import { gvkOf, type KubeObject } from '../../manifest/object.ts'
import { readManifests } from '../../manifest/yaml/manifests.ts'
import { CommandFailure } from '../failure.ts'

/** The Kustomization of this name in a file of manifests. */
export async function readKustomizationFile(file: string, name: string, namespace: string): Promise<Kustomization> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new CommandFailure(`--kustomization-file: ${error.message}`, 2)
  })
  const { manifests, diagnostics } = readManifests(text, { file, dialect: 'kubectl' })
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new CommandFailure(errors.map(formatDiagnostic).join('\n'), 2)
  const found = manifests
    .map(({ value }) => value as unknown as KubeObject)
    .find(object => {
      const { group, kind } = gvkOf(object)
      return group === kustomizationKind.group && kind === kustomizationKind.kind && object.metadata.name === name
    })
  if (found === undefined) throw new CommandFailure(`${file}: there is no Kustomization '${name}' in it`, 2)
  return {
    ...found,
    metadata: { ...found.metadata, namespace: found.metadata.namespace ?? namespace },
  } as Kustomization
}
