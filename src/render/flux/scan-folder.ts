import type { Diagnostic } from '../../manifest/diagnostic.ts'
import { resolvePath } from '../../manifest/resolve-path.ts'
import type { Read, ReadSet, Tree } from '../../manifest/tree.ts'
import { type Manifest, readManifests } from '../../manifest/yaml/manifests.ts'

/** The names that kustomize takes for its file, in the order in which it looks for them. */
export const KUSTOMIZATION_NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

/** The manifests of a folder without a kustomization file, as `resources` of a generated one. */
export interface FolderScan {
  readonly resources: readonly string[]
  readonly diagnostics: readonly Diagnostic[]
  readonly reads: ReadSet
}

/** Files of kustomize itself are no manifests; so Flux leaves them out. */
function isKustomizeConfiguration({ value }: Manifest): boolean {
  return String(value['apiVersion']).startsWith('kustomize.config.k8s.io/')
}

function hasKustomization(tree: Tree, folder: string): boolean {
  return KUSTOMIZATION_NAMES.some(name => tree.entry(join(folder, name)) !== undefined)
}

function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}

/**
 * Finds what a folder without a kustomization file holds, in the order of names: every `.yaml` and `.yml` file below it,
 * and sub-folders that have a kustomization file of their own as folders. Every file is read, so that all broken ones
 * are reported together. Links to folders are not followed, links to files are.
 */
export async function scanFolder(tree: Tree, root: string): Promise<FolderScan> {
  const resources: string[] = []
  const diagnostics: Diagnostic[] = []
  const reads: Read[] = [{ path: root, hash: tree.hashOf(root) }]

  async function scanFile(path: string): Promise<void> {
    const resolved = await resolvePath(tree, path)
    if (!resolved.found || resolved.entry.type !== 'file') return
    const { manifests, diagnostics: problems } = readManifests(await tree.read(resolved.path), {
      file: path,
      dialect: 'kustomize',
    })
    diagnostics.push(...problems)
    if (manifests.length > 0 && manifests.every(isKustomizeConfiguration)) return
    resources.push(`./${relative(path)}`)
  }

  const relative = (path: string) => (root === '' ? path : path.slice(root.length + 1))

  async function scan(folder: string): Promise<void> {
    for (const { name, type } of tree.list(folder) ?? []) {
      const path = join(folder, name)
      if (type === 'directory' && hasKustomization(tree, path)) resources.push(`./${relative(path)}`)
      else if (type === 'directory') await scan(path)
      else if (/\.ya?ml$/.test(name)) await scanFile(path)
    }
  }

  await scan(root)
  return { resources, diagnostics, reads }
}
