import type { JsonValue } from '../../manifest/json.ts'
import { toYaml } from '../../manifest/yaml/to-yaml.ts'
import { loadJson6902, loadReplacements, readStrategicMerges, readText, type Site } from './configure.ts'
import { schemasOf } from './context.ts'
import { type Decoder, flag, listOf, optional, struct, text, textMap } from './decode.ts'
import { generateConfigMap, generateSecret } from './generate/config-map.ts'
import { checkHelmConfig, generateHelmChart, readHelmConfig } from './generate/helm-chart.ts'
import { generateIamPolicy } from './generate/iam-policy.ts'
import {
  decodeConfigMapArgs,
  decodeImage,
  decodeObjectMeta,
  decodePatchOptions,
  decodeReplacementField,
  decodeReplica,
  decodeSecretArgs,
  decodeSelector,
} from './kustomization.ts'
import { loadFile } from './loader.ts'
import { pluginOrigin } from './origin.ts'
import type { Generator, Transformer } from './plugin.ts'
import { printProblem } from './print-problem.ts'
import { fail, prefixed, rewording } from './problem.ts'
import { readResources } from './read-resources.ts'
import { gvkOf, originalId, type Resource } from './resource.ts'
import { formatGvk, formatId } from './resource-id.ts'
import type { ResourceList } from './resource-list.ts'
import { setEntries } from './transform/entries.ts'
import { hashNames } from './transform/hash.ts'
import { setImage } from './transform/images.ts'
import { affixNames } from './transform/name-affix.ts'
import { readSubjectMode, setNamespaces } from './transform/namespace.ts'
import { applyJson6902, applyPatch, applyStrategicMerges, loadPatch } from './transform/patches.ts'
import { replace } from './transform/replacements.ts'
import { setReplicas } from './transform/replicas.ts'
import { addValues, decodeValueTargets } from './transform/value-add.ts'
import { decodeFieldSpecs } from './transformer-config.ts'
import { toValue } from './value.ts'
import { yamlToJson } from './yaml-text.ts'

type Run = (list: ResourceList) => void
type Configure<T> = (site: Site, config: JsonValue) => T

const at = (name: string): { struct: string; fields: string[]; strict: boolean; lenient: boolean } => ({
  struct: name,
  fields: [],
  strict: false,
  lenient: true,
})

function decodeWith<T extends object>(
  name: string,
  decoders: Parameters<typeof struct<T>>[1],
): (config: JsonValue) => T {
  const decoder = struct<T>(`builtins.${name}Plugin`, decoders)
  return config => decoder(config, at(`${name}Plugin`))
}

const specs: Decoder<ReturnType<typeof decodeFieldSpecs>> = decodeFieldSpecs
const meta = optional(decodeObjectMeta)

const annotationsConfig = decodeWith('AnnotationsTransformer', { annotations: textMap, fieldSpecs: specs })
const labelConfig = decodeWith('LabelTransformer', { labels: textMap, fieldSpecs: specs })
const imageConfig = decodeWith('ImageTagTransformer', { imageTag: decodeImage, fieldSpecs: specs })
const replicaConfig = decodeWith('ReplicaCountTransformer', { replica: decodeReplica, fieldSpecs: specs })
const prefixConfig = decodeWith('PrefixTransformer', { prefix: text, fieldSpecs: specs })
const suffixConfig = decodeWith('SuffixTransformer', { suffix: text, fieldSpecs: specs })
const namespaceConfig = decodeWith('NamespaceTransformer', {
  metadata: meta,
  fieldSpecs: specs,
  unsetOnly: flag,
  setRoleBindingSubjects: text,
})
const json6902Config = decodeWith('PatchJson6902Transformer', {
  target: optional(decodeSelector),
  path: text,
  jsonOp: text,
})
const mergeConfig = decodeWith('PatchStrategicMergeTransformer', { paths: listOf(text), patches: text })
const patchConfig = decodeWith('PatchTransformer', {
  path: text,
  patch: text,
  target: optional(decodeSelector),
  options: optional(decodePatchOptions),
})
const replacementConfig = decodeWith('ReplacementTransformer', {
  replacements: listOf(decodeReplacementField, '[]types.ReplacementField'),
})
const valueAddConfig = decodeWith('ValueAddTransformer', {
  value: text,
  targets: decodeValueTargets,
  targetFilePath: text,
})
const metadataOnly = decodeWith('Generator', { metadata: meta })

function configureAffix(where: 'prefix' | 'suffix'): Configure<Run> {
  return (_, config) => {
    const { prefix } = prefixConfig(config)
    const { suffix } = suffixConfig(config)
    const { fieldSpecs } = prefixConfig(config)
    if (fieldSpecs === undefined) return fail('fieldSpecs is not expected to be nil', { code: 'plugin-config' })
    const affix = where === 'prefix' ? prefix : suffix
    return list => affixNames(list, where, affix, fieldSpecs)
  }
}

const transformers: Readonly<Record<string, Configure<Run>>> = {
  AnnotationsTransformer: (_, config) => {
    const { annotations, fieldSpecs } = annotationsConfig(config)
    return list => setEntries(list, annotations, fieldSpecs ?? [])
  },
  HashTransformer: () => hashNames,
  ImageTagTransformer: (_, config) => {
    const { imageTag, fieldSpecs } = imageConfig(config)
    return list => setImage(list, imageTag, fieldSpecs ?? [])
  },
  LabelTransformer: (_, config) => {
    const { labels, fieldSpecs } = labelConfig(config)
    return list => setEntries(list, labels, fieldSpecs ?? [])
  },
  NamespaceTransformer: (_, config) => {
    const { metadata, fieldSpecs, unsetOnly, setRoleBindingSubjects } = prefixed(
      'unmarshalling NamespaceTransformer config',
      () => namespaceConfig(config),
    )
    const subjects = readSubjectMode(setRoleBindingSubjects)
    return list =>
      setNamespaces(list, { namespace: metadata?.namespace ?? '', specs: fieldSpecs ?? [], unsetOnly, subjects })
  },
  PatchJson6902Transformer: (site, config) => {
    const { operations, target } = loadJson6902(json6902Config(config), site.loader)
    return list => applyJson6902(list, operations, target)
  },
  PatchStrategicMergeTransformer: (site, config) => {
    const { paths, patches: inline } = mergeConfig(config)
    const patches = readStrategicMerges(paths ?? [], inline, site.loader)
    return list => applyStrategicMerges(list, patches, schemasOf(site.context))
  },
  PatchTransformer: (site, config) => {
    const entry = patchConfig(config)
    const patch = loadPatch(
      entry,
      path => readText(site.loader, path).text,
      content => readResources(content, entry.path),
      () => toYaml(config),
    )
    return list => applyPatch(list, patch, entry.target, schemasOf(site.context))
  },
  PrefixSuffixTransformer: (site, config) => {
    const runs = [configureAffix('prefix')(site, config), configureAffix('suffix')(site, config)]
    return list => {
      for (const run of runs) run(list)
    }
  },
  PrefixTransformer: configureAffix('prefix'),
  SuffixTransformer: configureAffix('suffix'),
  ReplacementTransformer: (site, config) => {
    const replacements = loadReplacements(replacementConfig(config).replacements ?? [], site.loader)
    return list => replace(list, replacements)
  },
  ReplicaCountTransformer: (_, config) => {
    const { replica, fieldSpecs } = replicaConfig(config)
    return list => setReplicas(list, replica, fieldSpecs ?? [])
  },
  ValueAddTransformer: (site, config) => {
    const { value, targets, targetFilePath } = valueAddConfig(config)
    const more = targetFilePath === '' ? [] : valueTargetsOfFile(site, targetFilePath)
    const added = value.trim() === '' ? (site.loader.dir.split('/').at(-1) ?? '') : value.trim()
    return addValues(added, [...(targets ?? []), ...more])
  },
}

function valueTargetsOfFile(site: Site, path: string): NonNullable<ReturnType<typeof valueAddConfig>['targets']> {
  const { text: content, file } = readText(site.loader, path)
  return (
    decodeWith<{ targets: ReturnType<typeof decodeValueTargets> }>('ValueAddTransformer', {
      targets: decodeValueTargets,
    })(yamlToJson(content, file)).targets ?? []
  )
}

const generators: Readonly<Record<string, Configure<() => Resource[]>>> = {
  ConfigMapGenerator: (site, config) => {
    const args = decodeConfigMapArgs(config, at('ConfigMapGeneratorPlugin'))
    const named = withMetadata(args, config)
    return () => [generateConfigMap(named, path => loadFile(site.loader, path).bytes)]
  },
  SecretGenerator: (site, config) => {
    const args = decodeSecretArgs(config, at('SecretGeneratorPlugin'))
    const named = withMetadata(args, config)
    return () => [generateSecret(named, path => loadFile(site.loader, path).bytes)]
  },
  HelmChartInflationGenerator: (site, config) => {
    const chart = readHelmConfig(config)
    checkHelmConfig(chart, site.context.options.helm === true)
    return () => generateHelmChart(chart, site.loader)
  },
  IAMPolicyGenerator: (_, config) => () => generateIamPolicy(config),
}

function withMetadata<T extends { readonly name: string; readonly namespace: string }>(args: T, config: JsonValue): T {
  const { metadata } = metadataOnly(config)
  return {
    ...args,
    name: args.name === '' ? (metadata?.name ?? '') : args.name,
    namespace: args.namespace === '' ? (metadata?.namespace ?? '') : args.namespace,
  }
}

function configure<T>(
  site: Site,
  plugin: Resource,
  known: Readonly<Record<string, Configure<T>>>,
  others: object,
  role: string,
): T {
  const gvk = gvkOf(plugin.node)
  const position = plugin.node.line > 0 ? plugin.node : undefined
  if (gvk.group !== '' || gvk.version !== 'builtin')
    return fail(`external plugins disabled; unable to load external plugin '${originalId(plugin.node).kind}'`, {
      code: 'external-plugin',
      position,
      hint: 'only the built-in plugins (apiVersion: builtin) can be used; programs and containers are never run',
    })
  const make = Object.hasOwn(known, gvk.kind) ? known[gvk.kind] : undefined
  if (make === undefined) {
    if (Object.hasOwn(others, gvk.kind))
      return fail(`plugin ${formatId(originalId(plugin.node))} not a ${role}`, { code: 'wrong-plugin', position })
    return fail(`unable to load builtin ${formatGvk(gvk)}`, { code: 'unknown-plugin', position })
  }
  const id = formatId(originalId(plugin.node))
  const config = rewording(
    message => `marshalling yaml from res ${id}: ${printProblem(plugin.node, { withObject: false }) ?? message}`,
    () => toValue(plugin.node),
  )
  return prefixed(`plugin ${id} fails configuration`, () => decoding(() => make(site, config)))
}

/** A value of the wrong type is a problem of reading the configuration, whatever it is for. */
function decoding<T>(step: () => T): T {
  return rewording(
    message => (message.startsWith('json: ') ? `error unmarshaling JSON: while decoding JSON: ${message}` : message),
    step,
  )
}

/** How a plugin is told of in messages and in the provenance of what it makes. */
function describe(plugin: Resource): Omit<Transformer & Generator, 'run'> {
  const { kind } = gvkOf(plugin.node)
  return {
    kind,
    by: `${kind} ${originalId(plugin.node).name}`,
    position: plugin.node.line > 0 ? plugin.node : undefined,
    origin: pluginOrigin(plugin),
  }
}

/** Configures a transformer that a file or text of `transformers:` describes. */
export function configureTransformer(site: Site, plugin: Resource): Transformer {
  return {
    ...describe(plugin),
    run: configure(site, plugin, transformers, generators, 'transformer'),
  }
}

/** Configures a generator that a file or text of `generators:` describes. */
export function configureGenerator(site: Site, plugin: Resource): Generator {
  return {
    ...describe(plugin),
    run: prefixed('failed to load generator', () => configure(site, plugin, generators, transformers, 'generator')),
  }
}
