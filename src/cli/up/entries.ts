import { glob, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { readManifests } from '../../manifest/yaml/manifests.ts'
import type { Repository } from './repository.ts'

const NAMESPACE = 'flux-system'

/** The GitRepository for a repository; it is asked often, since it is on this machine or somebody waits in front of it. */
function sourceObject({ branch, url }: Repository, name: string): KubeObject {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name, namespace: NAMESPACE },
    spec: { interval: '1m', url, ref: { branch } },
  }
}

function kustomizationObject(name: string, folder: string): KubeObject {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      interval: '10m',
      retryInterval: '1m',
      timeout: '3m',
      sourceRef: { kind: 'GitRepository', name },
      path: `./${folder}`,
      prune: true,
      wait: true,
    },
  }
}

/** The entry objects in `clusters/<name>/flux-system`, with the repository's own address. */
async function clusterEntries(repository: Repository, folder: string): Promise<readonly KubeObject[]> {
  const found = new Map<string, KubeObject>()
  for await (const file of glob('clusters/*/flux-system/*.yaml', { cwd: folder })) {
    const text = await readFile(path.join(folder, file))
    for (const { value } of readManifests(text, { file, dialect: 'kubectl' }).manifests) {
      const object = value as unknown as KubeObject
      const isSource = object.kind === 'GitRepository'
      if (!isSource && !(object.kind === 'Kustomization' && object.apiVersion.startsWith('kustomize.toolkit'))) continue
      const spec = object['spec'] as JsonObject
      const entry = isSource
        ? { ...object, spec: { ...spec, url: repository.url, ref: { branch: repository.branch } } }
        : object
      found.set(`${object.kind}/${object.metadata.name}`, entry)
    }
  }
  return [...found.values()]
}

/**
 * The objects that everything else follows from: those of the repository's `clusters/<name>/flux-system` folders, or one
 * GitRepository and one Kustomization for `--path` (the root where nothing is named).
 */
export async function entryObjects(repository: Repository, folder: string | undefined): Promise<readonly KubeObject[]> {
  const entries =
    folder === undefined && repository.folder !== undefined ? await clusterEntries(repository, repository.folder) : []
  if (entries.length > 0) return entries
  const { name } = repository
  const clean = (folder ?? '').replace(/^\.?\/+/, '').replace(/\/+$/, '')
  return [sourceObject(repository, name), kustomizationObject(name, clean)]
}
