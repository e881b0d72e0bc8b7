import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Kustomization } from '../../api/kustomization.ts'
import { build } from '../../engine/kustomization/build.ts'
import { emptyWorkspace } from '../../engine/kustomization/workspace.ts'
import type { References } from '../../engine/references.ts'
import type { KubeClient } from '../../kube/client-types.ts'
import type { KubeObject } from '../../manifest/object.ts'
import type { Tree } from '../../manifest/tree.ts'
import { toYaml } from '../../manifest/yaml/to-yaml.ts'
import { prepare } from '../../plan/desired.ts'
import { mustFind, namespaceOf, withCluster } from '../commands/shared.ts'
import type { CliContext, GlobalOptions } from '../context.ts'
import { CommandFailure } from '../failure.ts'
import { kustomization as kind } from '../kinds.ts'
import { diskTree } from './disk-tree.ts'
import { readKustomizationFile } from './kustomization-file.ts'

/** Flags that say which Kustomization is meant, and which local files stand for its source. */
export interface LocalFlags extends GlobalOptions {
  readonly path: string
  readonly kustomizationFile?: string
}

/** A Kustomization whose path is a folder of the disk. */
export interface LocalKustomization {
  readonly kustomization: Kustomization
  readonly tree: Tree
  /** A message with the files of the folder named as the disk has them. */
  readonly locate: (message: string) => string
}

function missing(folder: string): never {
  throw new CommandFailure(`--path: ${folder}: no such folder; give the folder that stands for spec.path`, 2)
}

/** The clone that a folder is in, so that places are told as in Git; the whole disk where it is in none. */
function rootFor(folder: string): string {
  const parent = path.dirname(folder)
  return existsSync(path.join(folder, '.git')) || parent === folder ? folder : rootFor(parent)
}

/** The Kustomization as it would be with local files: from the cluster, or from a file where one is named. */
export async function localKustomization(
  name: string,
  namespace: string,
  { path: folder, kustomizationFile }: LocalFlags,
  cluster: KubeClient | undefined,
): Promise<LocalKustomization> {
  const full = path.resolve(folder)
  if (!existsSync(full)) missing(folder)
  const live = cluster === undefined ? undefined : await cluster.get({ ...kind.gvk, namespace, name })
  if (kustomizationFile === undefined && cluster !== undefined && live === undefined)
    await mustFind(cluster, kind, namespace, name)
  const file =
    kustomizationFile === undefined ? undefined : await readKustomizationFile(kustomizationFile, name, namespace)
  const base = file === undefined ? live : { ...live, ...file, metadata: { ...live?.metadata, ...file.metadata } }
  if (base === undefined) throw new CommandFailure('--dry-run needs --kustomization-file', 2)
  const root = rootFor(full)
  const at = path.relative(root, full).split(path.sep).join('/')
  const spec = { ...(base as Kustomization).spec, path: at }
  // Places are told as in Git; what is in no clone is told with its full path.
  const inside = new RegExp(`(?<![\\w./-])(?=${at.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}/)`, 'g')
  const locate = (message: string) => (root === path.parse(root).root ? message.replace(inside, root) : message)
  return { kustomization: { ...base, spec } as Kustomization, tree: diskTree(root), locate }
}

/** Reads ConfigMaps and Secrets once; without a cluster there are none, and none are missed. */
function plainReferences(cluster: KubeClient | undefined): References {
  return {
    read: async ({ kind: each, namespace, name }) =>
      await cluster?.get({ group: '', version: 'v1', kind: each, namespace, name }),
    keep() {},
    close() {},
  }
}

function withoutReferences(kustomization: Kustomization): Kustomization {
  const { postBuild } = kustomization.spec
  if (postBuild?.substituteFrom === undefined) return kustomization
  const { substituteFrom: _, ...rest } = postBuild
  return { ...kustomization, spec: { ...kustomization.spec, postBuild: rest } }
}

/** The normal form has an empty time, which says nothing to people. */
function withoutEmptyTime(object: KubeObject): KubeObject {
  const { creationTimestamp, ...metadata } = object.metadata
  return creationTimestamp === null ? { ...object, metadata } : object
}

/** `lockstep build kustomization`: the objects as they would be applied, owner labels and all. */
export async function buildKustomization(
  context: CliContext,
  name: string,
  options: LocalFlags & { readonly dryRun?: boolean },
): Promise<void> {
  if (options.dryRun === true && options.kustomizationFile === undefined)
    throw new CommandFailure('--dry-run uses no cluster, so that it needs --kustomization-file')
  const namespace = namespaceOf(options, context)
  const run = async (cluster: KubeClient | undefined) => {
    const { kustomization: found, locate, tree } = await localKustomization(name, namespace, options, cluster)
    const kustomization = cluster === undefined ? withoutReferences(found) : found
    const rendered = await build({
      kustomization,
      source: { revision: 'working tree', tree },
      workspace: emptyWorkspace(kustomization),
      context: { references: plainReferences(cluster) },
    })
    if ('reason' in rendered) throw new CommandFailure(locate(rendered.message))
    const { commonMetadata } = kustomization.spec
    const owner = { name, namespace: kustomization.metadata.namespace ?? namespace }
    const objects = prepare(rendered.objects, { owner, commonMetadata })
    context.terminal.out(objects.map(({ object }) => `---\n${toYaml(withoutEmptyTime(object) as never)}`).join(''))
  }
  if (options.dryRun === true) await run(undefined)
  else await withCluster(context, options, run)
}
