import path from 'node:path'
import type { Diagnostic } from '../../manifest/diagnostic.ts'
import type { KubeObject } from '../../manifest/object.ts'
import type { ProvenanceStep } from '../../manifest/rendered.ts'
import type { Tree } from '../../manifest/tree.ts'
import { toYaml } from '../../manifest/yaml/to-yaml.ts'
import { type KustomizeOptions, kustomizeBuild } from '../../render/kustomize/kustomize.ts'
import type { ChartRunner, Fetcher } from '../../render/kustomize/load.ts'
import { diskTree } from './disk-tree.ts'

/** Flags of `kustomize build` that change what comes out. */
export interface FolderFlags {
  readonly loadRestrictor?: string
  readonly enableHelm?: boolean
  readonly helmCommand?: string
  readonly reorder?: string
  readonly enableManagedbyLabel?: boolean
  /** False: other repositories and servers are refused. */
  readonly remoteBases?: boolean
  /** Hosts that these may come from, with commas between them; all where it is left out. */
  readonly remoteHosts?: string
  /** How long the build may take, as in `30s`. */
  readonly timeLimit?: string
}

/** What a folder gives. With an error among the diagnostics the text is empty. */
export interface FolderBuild {
  readonly yaml: string
  readonly objects: readonly KubeObject[]
  readonly diagnostics: readonly Diagnostic[]
  readonly warnings: readonly string[]
  /** The file, relative to `root`, that problems without a place are told about. */
  readonly file: string
  readonly root: string
  readonly explain: (index: number, pointer: string) => readonly ProvenanceStep[]
}

const FILES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

/** Milliseconds of a Go duration; undefined where the text is none. */
export async function millisecondsOf(duration: string): Promise<number | undefined> {
  const { parseDuration } = await import('../../api/duration.ts')
  return parseDuration(duration)
}

async function optionsOf(flags: FolderFlags): Promise<KustomizeOptions> {
  const { enableHelm, enableManagedbyLabel, helmCommand: helm, loadRestrictor, reorder, timeLimit } = flags
  const milliseconds = timeLimit === undefined ? undefined : await millisecondsOf(timeLimit)
  return {
    ...(loadRestrictor === 'LoadRestrictionsNone' && { loadRestrictor: 'none' as const }),
    ...(reorder !== undefined && { reorder: reorder === 'none' ? ('none' as const) : ('legacy' as const) }),
    ...(enableManagedbyLabel === true && { managedByLabel: true }),
    ...(milliseconds !== undefined && { limits: { milliseconds } }),
    ...(enableHelm === true && { helm: true, charts: await chartRunner(helm ?? 'helm') }),
  }
}

/** What fetches remote bases, loaded with the first of them: most builds have none. */
function lazyFetcher(hosts: string): { readonly fetcher: Fetcher; close(): Promise<void> } {
  let loading: ReturnType<typeof import('./remote-fetcher.ts').remoteFetcher> | undefined
  const load = () => {
    loading ??= import('./remote-fetcher.ts').then(({ remoteFetcher }) => remoteFetcher(hosts))
    return loading
  }
  return {
    fetcher: {
      repository: async spec => (await load()).fetcher.repository(spec),
      file: async url => (await load()).fetcher.file(url),
    },
    close: async () => (await loading)?.close(),
  }
}

async function chartRunner(command: string): Promise<ChartRunner> {
  const { helmCommand } = await import('../../render/kustomize/helm-command.ts')
  return helmCommand(command)
}

/** Builds a folder of the disk: by its kustomization file, or all manifests in it as Flux does where there is none. */
export async function buildFolder(folder: string, flags: FolderFlags): Promise<FolderBuild> {
  const full = path.resolve(folder)
  const { root } = path.parse(full)
  const tree = diskTree(root)
  const at = path.relative(root, full).split(path.sep).join('/')
  const file = FILES.map(name => (at === '' ? name : `${at}/${name}`)).find(name => tree.entry(name) !== undefined)
  if (file === undefined) return { ...(await buildPlain(tree, at)), root, file: at }
  const remotes = flags.remoteBases === false ? undefined : lazyFetcher(flags.remoteHosts ?? '')
  const options = { ...(await optionsOf(flags)), ...(remotes !== undefined && { fetcher: remotes.fetcher }) }
  const result = await kustomizeBuild(tree, at, options)
  await remotes?.close()
  const objects = result.values as unknown as readonly KubeObject[]
  const { diagnostics, explain, warnings, yaml } = result
  return { yaml, objects, diagnostics, warnings, explain, root, file }
}

async function buildPlain(tree: Tree, at: string): Promise<Omit<FolderBuild, 'root' | 'file'>> {
  const { fluxRenderer } = await import('../../render/flux/render.ts')
  const { objects: sourced, diagnostics } = fluxRenderer.render(await fluxRenderer.load(tree, { path: at, spec: {} }))
  const objects = sourced.map(({ object }) => object)
  return {
    yaml: objects.map(object => toYaml(object as never)).join('---\n'),
    objects,
    diagnostics,
    warnings: [],
    explain: (index, pointer) =>
      sourced[index]?.explain?.(pointer) ??
      (sourced[index]?.origin === undefined ? [] : [{ by: 'file', position: sourced[index].origin }]),
  }
}
