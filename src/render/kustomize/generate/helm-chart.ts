import { goQuote } from '../../../manifest/go-text.ts'
import { isObject, type JsonObject, type JsonValue } from '../../../manifest/json.ts'
import type { YamlNode } from '../../../manifest/yaml/node.ts'
import { toYaml } from '../../../manifest/yaml/to-yaml.ts'
import { struct } from '../decode.ts'
import { helmChartFields, helmGlobalFields } from '../kustomization.ts'
import type { HelmChart, HelmGlobals } from '../kustomization-fields.ts'
import { type ChartFiles, type ChartRun, type Loader, loadFile, NeedError, type Refusal } from '../loader.ts'
import { joinClean } from '../origin.ts'
import { fail, prefixed } from '../problem.ts'
import { readResources } from '../read-resources.ts'
import { annotate, notes, type Resource } from '../resource.ts'
import { strategicMerge } from '../strategic-merge.ts'
import { fromValue, toObject } from '../value.ts'
import { parseText } from '../yaml-text.ts'

/** A chart to render, with what holds for all charts of the kustomization. */
export interface HelmConfig extends HelmChart, HelmGlobals {}

const decode = struct<HelmConfig>('builtins.HelmChartInflationGeneratorPlugin', {
  ...helmChartFields,
  ...helmGlobalFields,
})

/** Reads the configuration of a HelmChartInflationGenerator. */
export function readHelmConfig(config: JsonValue): HelmConfig {
  return decode(config, { struct: 'HelmChartInflationGeneratorPlugin', fields: [], strict: false, lenient: true })
}

const mergeOptions = ['merge', 'override', 'replace']

/** Checks the configuration of a chart. */
export function checkHelmConfig(config: HelmConfig, enabled: boolean): void {
  const wrong = (message: string, hint?: string): never => fail(message, { code: 'helm-config', hint })
  if (!enabled)
    fail('must specify --enable-helm', {
      code: 'helm-disabled',
      hint: 'switch charts on, or render the chart with a HelmRelease',
    })
  if (config.name === '') wrong('chart name cannot be empty')
  if (config.releaseName.startsWith('-'))
    wrong(`releaseName must not start with '-', got ${goQuote(config.releaseName)}`)
  if (config.name.startsWith('-')) wrong(`chart name must not start with '-', got ${goQuote(config.name)}`)
  if (config.valuesMerge !== '' && !mergeOptions.includes(config.valuesMerge))
    wrong(`valuesMerge must be one of [${mergeOptions.join(' ')}]`)
}

/** Renders a chart: with the files of the tree, or of the chart's repository where the tree has none. */
export function generateHelmChart(config: HelmConfig, loader: Loader): Resource[] {
  const home = config.chartHome === '' ? 'charts' : config.chartHome
  const folder = config.version !== '' && config.repo !== '' ? `${home}/${config.name}-${config.version}` : home
  const files = chartFiles(config, loader, joinClean(loader.dir, `${folder}/${config.name}`))
  const ownValues = config.valuesFile === '' ? files.get('values.yaml') : loadFile(loader, config.valuesFile).bytes
  const additional = (config.additionalValuesFiles ?? []).map(path =>
    prefixed('could not load additionalValuesFile', () => loadFile(loader, path).bytes),
  )
  const run: ChartRun = {
    name: config.name,
    files,
    values: mergedValues(config, ownValues ?? new Uint8Array()),
    additionalValues: additional,
    arguments: helmArguments(config),
    releaseName: config.releaseName,
  }
  const key = JSON.stringify([config, loader.dir, run.values])
  const output = loader.remotes.chartOutputs.get(key)
  if (output === undefined) throw new NeedError({ kind: 'chart-output', key, run })
  if (typeof output !== 'string') return refuse(output)
  const resources = readResources(output, `${config.name} (chart)`)
  for (const { node } of resources) annotate(node, notes.helmGenerated, 'true')
  return resources
}

const refuse = (refusal: Refusal): never => fail(refusal.message, { code: 'helm-failed', hint: refusal.hint })

function chartFiles(config: HelmConfig, loader: Loader, folder: string): ChartFiles {
  const { source, remotes } = loader
  if (source.tree.list(folder) !== undefined) {
    const files = new Map<string, Uint8Array>()
    let missing: NeedError | undefined
    const visit = (path: string, name: string): void => {
      for (const entry of source.tree.list(path) ?? []) {
        const at = `${path}/${entry.name}`
        const inner = name === '' ? entry.name : `${name}/${entry.name}`
        if (entry.type === 'directory') visit(at, inner)
        if (entry.type !== 'file') continue
        loader.noteRead(source, at)
        const bytes = source.contents.get(at)
        if (bytes === undefined) missing = new NeedError({ kind: 'file', source, path: at })
        else files.set(inner, bytes)
      }
    }
    visit(folder, '')
    loader.noteRead(source, folder)
    if (missing !== undefined) throw missing
    return files
  }
  if (config.repo === '')
    fail(`no repo specified for pull, no chart found at ''`, {
      code: 'chart-missing',
      hint: `put the chart into ${folder}, or set repo`,
    })
  const { name, repo, version, devel } = config
  const key = JSON.stringify([name, repo, version, devel])
  const found = remotes.charts.get(key)
  if (found === undefined) throw new NeedError({ kind: 'chart', key, chart: { name, repo, version, devel } })
  return found instanceof Map ? found : refuse(found as Refusal)
}

/** Values of the file and those written in the kustomization, merged as `valuesMerge` says. */
function mergedValues(config: HelmConfig, file: Uint8Array): string {
  const text = Buffer.from(file).toString()
  const inline = config.valuesInline
  if (inline === undefined || Object.keys(inline).length === 0) return text
  if (config.valuesMerge === 'replace') return toYaml(inline)
  const fileNode = parseText(text)
  const inlineNode = fromValue(inline)
  const [target, patch] = config.valuesMerge === 'merge' ? [inlineNode, fileNode] : [fileNode, inlineNode]
  const merged = prefixed('could not merge values', () => strategicMerge(target, patch, () => undefined))
  return toYaml(merged === undefined ? {} : objectOf(merged))
}

function objectOf(node: YamlNode): JsonObject {
  const value = node.kind === 'mapping' ? toObject(node) : {}
  return isObject(value) ? value : {}
}

/** Arguments of `helm template` behind the chart and its values. */
function helmArguments(config: HelmConfig): readonly string[] {
  const flag = (isSet: boolean, name: string): string[] => (isSet ? [name] : [])
  const option = (value: string, name: string): string[] => (value === '' ? [] : [name, value])
  return [
    ...option(config.namespace, '--namespace'),
    ...option(config.nameTemplate, '--name-template'),
    ...(config.apiVersions ?? []).flatMap(version => ['--api-versions', version]),
    ...option(config.kubeVersion, '--kube-version'),
    ...flag(config.includeCRDs, '--include-crds'),
    ...flag(config.skipTests, '--skip-tests'),
    ...flag(config.skipHooks, '--no-hooks'),
    ...flag(config.debug, '--debug'),
    ...flag(config.devel, '--devel'),
  ]
}
