import { isDeepStrictEqual } from 'node:util'
import type { Kustomization } from '../../../src/api/kustomization.ts'
import { readVariables } from '../../../src/engine/kustomization/variables.ts'
import { formatDiagnostic } from '../../../src/manifest/diagnostic.ts'
import type { JsonObject, JsonValue } from '../../../src/manifest/json.ts'
import type { KubeObject } from '../../../src/manifest/object.ts'
import { decodeNode } from '../../../src/manifest/yaml/decode.ts'
import { parseYaml } from '../../../src/manifest/yaml/parse.ts'
import { generateFile } from '../../../src/render/flux/generate.ts'
import { type Image, mergeImages } from '../../../src/render/flux/images.ts'
import { isLocalPath } from '../../../src/render/flux/kustomization-file.ts'
import { type FluxRequest, fluxRenderer } from '../../../src/render/flux/render.ts'
import { ignoreRules, loadPatterns, readPatterns } from '../../../src/source/ignore/rules.ts'
import { type MemoryFile, memoryTree } from '../../../src/source/memory-tree.ts'
import type { NodeTree } from '../../../src/source/tree/node.ts'
import { ignoring, selectTree } from '../../../src/source/tree/select.ts'
import { readRows } from '../rows.ts'
import type { CaseResult, CorpusSuite } from '../suite.ts'

interface BuildCase {
  readonly name: string
  readonly files: Readonly<Record<string, MemoryFile>>
  readonly path: string
  readonly kustomization: Kustomization
  readonly ignore?: string
  readonly cluster?: readonly KubeObject[]
  readonly strict?: boolean
  readonly always?: boolean
  readonly action?: string
  readonly generated?: string
  readonly output?: string
  readonly error?: string
  readonly step?: string
}

function valuesOf(text: string): readonly (JsonValue | undefined)[] {
  return parseYaml(text, { file: 'expected' })
    .documents.map(document => decodeNode(document, 'kubectl').value)
    .filter(value => value !== null && value !== undefined)
}

async function requestOf(row: BuildCase): Promise<FluxRequest | string> {
  const { kustomization, cluster = [] } = row
  const variables = await readVariables(kustomization, async ({ kind, name }) =>
    cluster.find(each => each.kind === kind && each.metadata.name === name),
  )
  if (variables.kind === 'missing') return variables.message
  const strategy = row.always === true ? 'Always' : kustomization.spec?.postBuild?.substituteStrategy
  const substitutes = kustomization.spec?.postBuild !== undefined || row.always === true
  return {
    path: row.path,
    spec: kustomization.spec ?? {},
    substitution: substitutes ? { variables: variables.sources, strict: row.strict ?? false, strategy } : undefined,
  }
}

/** Flux's generator knows only the rules that it is given, not the built-in ones. */
async function withoutIgnored(tree: NodeTree, ignore: string): Promise<NodeTree> {
  const patterns = [...(await loadPatterns(tree)), ...readPatterns(ignore)]
  return selectTree(tree, ignoring(ignoreRules(patterns)))
}

async function judge(row: BuildCase): Promise<string | undefined> {
  const request = await requestOf(row)
  if (typeof request === 'string') return row.step === 'substitute' ? undefined : request
  const whole = memoryTree(row.files)
  const tree = row.ignore === undefined ? whole : await withoutIgnored(whole, row.ignore)
  const loaded = await fluxRenderer.load(tree, request)
  const rendered = fluxRenderer.render(loaded)
  const errors = rendered.diagnostics.filter(({ severity }) => severity === 'error')
  if (row.error !== undefined) {
    if (errors.length === 0) return `an error was expected at ${row.step}: ${row.error}`
    const step = loaded.diagnostics.some(({ severity }) => severity === 'error') ? loaded.step : 'substitute'
    return step === row.step
      ? undefined
      : `failed at ${step} instead of ${row.step}: ${errors.map(formatDiagnostic).join('\n')}`
  }
  if (errors.length > 0) return errors.map(formatDiagnostic).join('\n')
  const file = valuesOf(row.generated ?? '')[0]
  if (row.generated !== undefined && !isDeepStrictEqual(loaded.file, file)) {
    return `kustomization file differs: ${JSON.stringify(loaded.file)} instead of ${JSON.stringify(file)}`
  }
  const objects = rendered.objects.map(({ object }) => object)
  const expected = valuesOf(row.output ?? '')
  const at = objects.findIndex((object, index) => !isDeepStrictEqual(object, expected[index]))
  if (at >= 0) return `object ${at} differs: ${JSON.stringify(objects[at])} instead of ${JSON.stringify(expected[at])}`
  return objects.length === expected.length ? undefined : `${objects.length} objects instead of ${expected.length}`
}

interface ComponentCase {
  readonly name: string
  readonly components?: readonly string[]
  readonly fluxComponents?: readonly string[]
  readonly ignoreMissingComponents?: boolean
  readonly expectError?: boolean
  readonly expectedComponents: readonly string[] | null
}

const COMPONENT = 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n'

/** The folders that the names of the cases speak of, and a kustomization file that has a component of its own where one does. */
async function judgeComponents(row: ComponentCase): Promise<string | undefined> {
  const own = row.fluxComponents === undefined ? [] : ['componentA']
  const components = row.fluxComponents ?? row.components ?? []
  const header = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n'
  const listed = own.length > 0 ? `components: ${JSON.stringify(own)}\n` : 'namespace: x\n'
  const present = components.filter(name => !name.includes('missing'))
  const folders = Object.fromEntries(present.map(name => [`${name}/kustomization.yaml`, COMPONENT]))
  const tree = memoryTree({ 'kustomization.yaml': `${header}${listed}`, ...folders })
  const spec = { components, ignoreMissingComponents: row.ignoreMissingComponents ?? false }
  const { file } = await generateFile(tree, '', spec)
  const got = file?.['components'] ?? null
  return isDeepStrictEqual(got, row.expectedComponents) ? undefined : `components: ${JSON.stringify(got)}`
}

function judgeImages(row: {
  existing: readonly JsonObject[] | null
  flux: readonly Image[]
  images: JsonValue
}): string | undefined {
  const got = mergeImages(row.existing ?? [], row.flux)
  return isDeepStrictEqual(got, row.images) ? undefined : JSON.stringify(got)
}

function result(name: string, problem: string | undefined): CaseResult {
  return problem === undefined ? { name, passed: true } : { name, passed: false, detail: problem }
}

async function* run(folder: string): AsyncIterable<CaseResult> {
  for (const row of readRows<BuildCase>(folder, 'build.jsonl')) yield result(row.name, await judge(row))
  for (const row of readRows<ComponentCase>(folder, 'components.jsonl'))
    yield result(row.name, await judgeComponents(row))
  for (const row of readRows<Parameters<typeof judgeImages>[0] & { name: string }>(folder, 'images.jsonl')) {
    yield result(row.name, judgeImages(row))
  }
  for (const row of readRows<{ name: string; path: string; local: boolean }>(folder, 'localpath.jsonl')) {
    yield result(row.name, isLocalPath(row.path) === row.local ? undefined : `local: ${!row.local}`)
  }
}

/** From a source folder and a Flux Kustomization to objects. */
export const suite: CorpusSuite = { corpus: 'flux-kustomize', run }
