import { posix } from 'node:path'
import type { KustomizationSpec } from '../../api/kustomization.ts'
import type { Diagnostic } from '../../manifest/diagnostic.ts'
import { isObject, type JsonObject } from '../../manifest/json.ts'
import { resolvePath } from '../../manifest/resolve-path.ts'
import type { Read, ReadSet, Tree } from '../../manifest/tree.ts'
import { decodeNode } from '../../manifest/yaml/decode.ts'
import { parseYaml } from '../../manifest/yaml/parse.ts'
import { decodeKustomization } from '../kustomize/kustomization.ts'
import { Problem } from '../kustomize/problem.ts'
import type { PlaceOf } from '../kustomize/target.ts'
import { type BuildSpec, generatedFile, isLocalPath, overlaySpec } from './kustomization-file.ts'
import { placesIn } from './places.ts'
import { KUSTOMIZATION_NAMES, scanFolder } from './scan-folder.ts'

/** The kustomization file that is to be built; undefined where problems leave none. */
export interface Generated {
  readonly file: JsonObject | undefined
  /** `created` where the folder has no file, `updated` where the spec changes the one it has. */
  readonly action: 'created' | 'unchanged'
  /** Where the parts of the file come from that are not in the folder's own. */
  readonly placeOf: PlaceOf
  /** The folder to build, without links and dots. */
  readonly folder: string
  readonly diagnostics: readonly Diagnostic[]
  readonly reads: ReadSet
  /** Flux finds some problems of the file only when it builds it. */
  readonly step: 'generate' | 'build'
}

function problem(code: string, message: string, hint: string, file: string): Diagnostic {
  return { severity: 'error', code, message, hint, position: { file, line: 1, column: 1 } }
}

function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}

/** Reads a kustomization file; fields that kustomize does not know are left out with a warning, as Flux leaves them out. */
function readFile(
  bytes: Uint8Array,
  path: string,
): { readonly file?: JsonObject; readonly diagnostics: readonly Diagnostic[] } {
  const { documents, diagnostics } = parseYaml(bytes, { file: path })
  const decoded = documents[0] === undefined ? undefined : decodeNode(documents[0], 'kubectl')
  const problems = [...diagnostics, ...(decoded?.diagnostics ?? [])]
  if (problems.some(({ severity }) => severity === 'error')) return { diagnostics: problems }
  const value = decoded?.value ?? {}
  if (!isObject(value)) {
    return {
      diagnostics: [problem('kustomization-shape', 'the file is no mapping', 'start it with `resources:`', path)],
    }
  }
  try {
    const known = Object.keys(decodeKustomization(value, { struct: 'Kustomization', fields: [], strict: false }))
    const unknown = Object.keys(value).filter(key => !known.includes(key))
    const warnings = unknown.map((key): Diagnostic => {
      const message = `kustomize has no field '${key}'; it is ignored`
      return {
        ...problem('kustomization-field', message, 'check the spelling, or take it out', path),
        severity: 'warning',
      }
    })
    const file = Object.fromEntries(Object.entries(value).filter(([key]) => known.includes(key)))
    return { file, diagnostics: [...problems, ...warnings] }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return {
      diagnostics: [problem('kustomization-shape', error.message, 'see the reference of kustomization.yaml', path)],
    }
  }
}

async function existingComponents(
  tree: Tree,
  folder: string,
  { components = [], ignoreMissingComponents }: Pick<KustomizationSpec, 'components' | 'ignoreMissingComponents'>,
): Promise<readonly string[]> {
  if (ignoreMissingComponents !== true) return components
  const present = await Promise.all(
    components.map(async path => !isLocalPath(path) || (await resolvePath(tree, path, folder)).found),
  )
  return components.filter((_, index) => present[index])
}

/** Whether each component is there is part of what the result was made from. */
function componentReads(
  tree: Tree,
  folder: string,
  { components = [] }: Pick<KustomizationSpec, 'components'>,
): ReadSet {
  return components.filter(isLocalPath).map(component => {
    const path = posix.join(folder, component)
    return { path, hash: tree.hashOf(path) }
  })
}

/** Makes the kustomization file for a folder of a tree: the folder's own or a generated one, with the spec laid over it. */
export async function generateFile(
  tree: Tree,
  path: string,
  spec: BuildSpec & Pick<KustomizationSpec, 'ignoreMissingComponents'>,
): Promise<Generated> {
  const resolved = await resolvePath(tree, path)
  const folder = resolved.found ? resolved.path : path
  const reads: Read[] = [
    ...resolved.symlinks.map(link => ({ path: link, hash: tree.hashOf(link) })),
    ...KUSTOMIZATION_NAMES.map(name => join(folder, name)).map(file => ({ path: file, hash: tree.hashOf(file) })),
  ]
  const placeOf = () => undefined
  const none = { file: undefined, action: 'unchanged', folder, placeOf, reads, step: 'generate' } as const
  if (!resolved.found || resolved.entry.type !== 'directory') {
    const hint = 'correct spec.path, or add the folder'
    return { ...none, diagnostics: [problem('path-not-found', `there is no folder '${path}'`, hint, path)] }
  }
  const components = await existingComponents(tree, folder, spec)
  reads.push(...componentReads(tree, folder, spec))
  const names = KUSTOMIZATION_NAMES.filter(name => tree.entry(join(folder, name)) !== undefined)
  const [name, second] = names
  if (name === undefined) {
    const scan = await scanFolder(tree, folder)
    const failed = scan.diagnostics.some(({ severity }) => severity === 'error')
    const bare = generatedFile(scan.resources)
    const file = failed ? undefined : overlaySpec(bare, spec, components, true)
    const found = { diagnostics: scan.diagnostics, reads: [...reads, ...scan.reads] }
    return { ...none, ...found, file, action: 'created', placeOf: placesIn(bare, spec, folder) }
  }
  if (second !== undefined) {
    const message = `Found multiple kustomization files under: ${folder}: ${names.join(', ')}`
    const diagnostics = [problem('kustomization-ambiguous', message, 'keep one of them', join(folder, second))]
    return { ...none, diagnostics, step: 'build' }
  }
  const target = await resolvePath(tree, name, folder)
  if (!target.found) {
    const message = `${name} is a link to nowhere`
    return { ...none, diagnostics: [problem('path-not-found', message, 'correct the link', join(folder, name))] }
  }
  reads.push({ path: target.path, hash: tree.hashOf(target.path) })
  const { file, diagnostics } = readFile(await tree.read(target.path), join(folder, name))
  if (file === undefined) return { ...none, diagnostics }
  return { ...none, file: overlaySpec(file, spec, components, false), placeOf: placesIn(file, spec), diagnostics }
}
