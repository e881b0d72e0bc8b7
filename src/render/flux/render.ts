import { createHash } from 'node:crypto'
import type { KustomizationSpec } from '../../api/kustomization.ts'
import type { Diagnostic } from '../../manifest/diagnostic.ts'
import type { JsonValue } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import type { Rendered, Renderer, Sourced } from '../../manifest/rendered.ts'
import type { Read, ReadSet, Tree } from '../../manifest/tree.ts'
import { toYaml } from '../../manifest/yaml/to-yaml.ts'
import type { Keyring } from '../../sops/data-key.ts'
import type { BuildResult } from '../kustomize/build.ts'
import { type Fetcher, loadAndBuild } from '../kustomize/load.ts'
import type { BuildCache } from '../kustomize/memo.ts'
import { sourcedObjects } from '../kustomize/sourced.ts'
import { keepsOut, substituteObject } from '../substitute/substitute-object.ts'
import { collectVariables, type SubstituteStrategy, substitutes, type VariableSource } from '../substitute/variables.ts'
import { decryptObjects, decryptSources } from './decryption.ts'
import { generateFile } from './generate.ts'
import type { BuildSpec } from './kustomization-file.ts'

/** Post-build substitution, as `spec.postBuild` asks for it. */
export interface Substitution {
  readonly variables: readonly VariableSource[]
  /** A variable without a value and without a default is an error. */
  readonly strict: boolean
  readonly strategy?: SubstituteStrategy | undefined
}

/** What of a Flux Kustomization its rendering depends on. */
export interface FluxRequest {
  /** `spec.path`. */
  readonly path: string
  readonly spec: BuildSpec & Pick<KustomizationSpec, 'ignoreMissingComponents'>
  readonly substitution?: Substitution | undefined
  /** Gets remote bases; without it they are refused. */
  readonly fetcher?: Fetcher | undefined
  /** What other builds of the tree came to. */
  readonly cache?: BuildCache | undefined
  /** Decrypts what SOPS encrypted; without it, it stays as it is. */
  readonly keyring?: Keyring | undefined
}

/** Which step found the errors; they are Flux's own steps. */
export type Step = 'generate' | 'build' | 'decrypt' | 'substitute'

export interface FluxLoaded {
  readonly request: FluxRequest
  readonly step: Step
  readonly diagnostics: readonly Diagnostic[]
  /** Undefined where the kustomization file could not be made. */
  readonly build: BuildResult | undefined
  /** What the build gave, decrypted; none where there were errors. */
  readonly objects: readonly Sourced[]
  /** The kustomization file that was built. */
  readonly file: JsonValue | undefined
  readonly reads: ReadSet
  /** Nothing came from outside of the tree: equal reads give an equal result. */
  readonly isLocal: boolean
}

function isError({ severity }: Diagnostic): boolean {
  return severity === 'error'
}

function unique(reads: readonly Read[]): ReadSet {
  return [...new Map(reads.map(read => [read.path, read])).values()]
}

async function load(tree: Tree, request: FluxRequest): Promise<FluxLoaded> {
  const generated = await generateFile(tree, request.path, request.spec)
  const { file, folder, reads, diagnostics } = generated
  if (file === undefined)
    return { request, step: generated.step, diagnostics, build: undefined, objects: [], file, reads, isLocal: true }
  const { keyring } = request
  const sources = keyring === undefined ? undefined : await decryptSources(tree, folder, file, keyring)
  const { result, isLocal } = await loadAndBuild(sources?.tree ?? tree, {
    path: folder,
    override: file,
    placeOf: generated.placeOf,
    options: { loadRestrictor: 'none', reorder: 'none' },
    ...(request.fetcher !== undefined && { fetcher: request.fetcher }),
    ...(request.cache !== undefined && { cache: request.cache }),
  })
  const found = [...diagnostics, ...(sources?.diagnostics ?? []), ...result.diagnostics]
  const built = found.some(isError) ? [] : sourcedObjects(result)
  const decrypted = keyring === undefined ? undefined : await decryptObjects(built, keyring)
  const isRefused = decrypted?.diagnostics.some(isError) ?? false
  return {
    request,
    step: isRefused ? 'decrypt' : 'build',
    diagnostics: [...found, ...(decrypted?.diagnostics ?? [])],
    build: result,
    objects: isRefused ? [] : (decrypted?.objects ?? built),
    file,
    reads: unique([...reads, ...result.reads]),
    isLocal,
  }
}

/** Texts of objects, which a build may give again as they are. */
const texts = new WeakMap<KubeObject, string>()

function textOf(object: KubeObject): string {
  const known = texts.get(object)
  if (known !== undefined) return known
  const text = toYaml(object as unknown as JsonValue)
  texts.set(object, text)
  return text
}

/** The digest of what `kustomize build` would print, by which Flux keeps the history of a Kustomization. */
function digestOf(objects: readonly Sourced[]): string {
  const hash = createHash('sha256')
  for (const [index, { object }] of objects.entries()) hash.update(index === 0 ? '' : '---\n').update(textOf(object))
  return `sha256:${hash.digest('hex')}`
}

function mentionsVariable(value: JsonValue | undefined): boolean {
  if (typeof value === 'string') return value.includes('$')
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([key, item]) => key.includes('$') || mentionsVariable(item as JsonValue))
}

function substituteAll(
  objects: readonly Sourced[],
  { strategy, strict, variables: sources }: Substitution,
): { readonly objects: readonly Sourced[]; readonly diagnostics: readonly Diagnostic[] } {
  const { variables, diagnostics: problems } = collectVariables(sources)
  if (!substitutes(strategy, variables)) return { objects, diagnostics: problems }
  const diagnostics: Diagnostic[] = [...problems]
  const substituted = objects.flatMap((sourced): readonly Sourced[] => {
    const { object, origin } = sourced
    const value = object as unknown as JsonValue
    if (keepsOut(object) || !mentionsVariable(value)) return [sourced]
    const result = substituteObject({ object, text: textOf(object), variables, strict, locate: () => origin })
    diagnostics.push(...result.diagnostics)
    return result.object === undefined ? [] : [{ ...sourced, object: result.object }]
  })
  return { objects: substituted, diagnostics }
}

function render({ objects: built, diagnostics, reads, request }: FluxLoaded): Rendered {
  const { substitution } = request
  const result = substitution === undefined ? { objects: built, diagnostics: [] } : substituteAll(built, substitution)
  const { objects } = result
  return { objects, diagnostics: [...diagnostics, ...result.diagnostics], reads, digest: digestOf(objects) }
}

/**
 * Renders a Flux Kustomization: its spec laid over the folder's kustomization file (or over a generated one), the build, and
 * the substitution of variables.
 */
export const fluxRenderer: Renderer<FluxRequest, FluxLoaded> = { load, render }
