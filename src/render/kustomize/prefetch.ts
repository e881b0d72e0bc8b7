import { isArray, isObject, type JsonValue } from '../../manifest/json.ts'
import { decodeNode } from '../../manifest/yaml/decode.ts'
import { parseYaml } from '../../manifest/yaml/parse.ts'
import { splitFileSource } from './key-values.ts'
import { documentOf, joinPath, NeedError, resolvePath, type Source } from './loader.ts'
import { type BaseMemo, isFresh } from './memo.ts'
import { Problem } from './problem.ts'
import { type Budget, readInto } from './read-files.ts'
import { kustomizationNames } from './read-kustomization.ts'

/**
 * Reads ahead what the kustomizations from a directory on name, in parallel, so that the build does not have to ask for
 * it piece by piece. Guessing too much costs a read, too little a second attempt; nothing here decides or complains.
 */
export async function prefetch(
  source: Source,
  dir: string,
  override: JsonValue | undefined,
  budget: Budget,
  known: ReadonlyMap<string, BaseMemo> = new Map(),
): Promise<void> {
  try {
    await visitDirectory({ source, budget, seen: new Set(), seenPlugins: new Set(), known }, dir, override)
  } catch (error) {
    // Content that is too deep for the engine; the build says where.
    if (!(error instanceof RangeError)) throw error
  }
}

interface Walk {
  readonly source: Source
  readonly budget: Budget
  readonly seen: Set<string>
  /** Files of plugins that were read, each with the directory that its paths are relative to. */
  readonly seenPlugins: Set<string>
  /** What earlier builds know of directories; those that have not changed are not read. */
  readonly known: ReadonlyMap<string, BaseMemo>
}

/** Resolves a path, reading the symlinks on the way. */
async function resolve(walk: Walk, path: string): Promise<{ type: 'file' | 'directory'; path: string } | undefined> {
  for (let i = 0; i < 64; i++) {
    try {
      const found = resolvePath(walk.source, path)
      return 'error' in found ? undefined : found
    } catch (error) {
      if (!(error instanceof NeedError) || error.need.kind !== 'file') throw error
      await readInto(walk.source, error.need.path, walk.budget)
    }
  }
  return undefined
}

async function visitDirectory(walk: Walk, path: string, override?: JsonValue): Promise<void> {
  const found = await resolve(walk, path)
  if (found?.type !== 'directory' || walk.seen.has(found.path)) return
  walk.seen.add(found.path)
  const values = await Promise.all(
    kustomizationNames.map(async name => {
      const file = await resolve(walk, joinPath(found.path, name) ?? '')
      if (file?.type !== 'file') return undefined
      const bytes = await readInto(walk.source, file.path, walk.budget)
      const { node } = documentOf(walk.source, file.path, bytes)
      return node === undefined ? undefined : decodeNode(node, 'kubectl').value
    }),
  )
  const value = override ?? values.find(candidate => isObject(candidate ?? null))
  if (value !== undefined) await visitFields(walk, found.path, value)
}

const pathFields = new Set([
  'path',
  'paths',
  'targetFilePath',
  'valuesFile',
  'additionalValuesFiles',
  'resources',
  'bases',
  'components',
  'crds',
  'configurations',
  'patchesStrategicMerge',
  'envs',
  'env',
])
const pluginFields = new Set(['generators', 'transformers', 'validators'])

async function visitFields(walk: Walk, dir: string, value: JsonValue): Promise<void> {
  const paths: string[] = []
  const plugins: string[] = []
  collect(value, paths, plugins)
  await Promise.all([
    ...paths.map(path => visitPath(walk, dir, path, false)),
    ...plugins.map(entry =>
      entry.includes('\n') ? visitPluginText(walk, dir, entry) : visitPath(walk, dir, entry, true),
    ),
  ])
}

function collect(value: JsonValue, paths: string[], plugins: string[]): void {
  if (isArray(value)) {
    for (const item of value) collect(item, paths, plugins)
    return
  }
  if (!isObject(value)) return
  for (const [key, entry] of Object.entries(value)) {
    const texts = (isArray(entry) ? entry : [entry]).filter(item => typeof item === 'string')
    if (key === 'files') paths.push(...texts.map(fileOf))
    else if (pathFields.has(key)) paths.push(...texts)
    else if (pluginFields.has(key)) plugins.push(...texts)
    if (entry !== undefined) collect(entry, paths, plugins)
  }
}

function fileOf(text: string): string {
  try {
    return splitFileSource(text)[1]
  } catch (error) {
    if (error instanceof Problem) return ''
    throw error
  }
}

const maxPathLength = 4096

function isKnown({ known, source }: Walk, path: string): boolean {
  const memo = known.get(path)
  return memo !== undefined && isFresh(memo, source.tree)
}

async function visitPath(walk: Walk, dir: string, text: string, isPlugin: boolean): Promise<void> {
  if (text === '' || text.length > maxPathLength || text.includes('\n') || text.startsWith('/')) return
  const path = joinPath(dir, text)
  if (path !== undefined && isKnown(walk, path)) return
  const found = path === undefined ? undefined : await resolve(walk, path)
  if (found?.type === 'directory') await visitDirectory(walk, found.path)
  else if (found?.type === 'file') {
    const bytes = await readInto(walk.source, found.path, walk.budget)
    const plugin = `${dir}\0${found.path}`
    if (!isPlugin || walk.seenPlugins.has(plugin)) return
    walk.seenPlugins.add(plugin)
    await visitPluginText(walk, dir, Buffer.from(bytes).toString())
  }
}

/** Files that the configuration of a plugin names are relative to the kustomization that uses it. */
async function visitPluginText(walk: Walk, dir: string, text: string): Promise<void> {
  for (const document of parseYaml(text, { file: '' }).documents) {
    const { value } = decodeNode(document, 'kubectl')
    if (value !== undefined) await visitFields(walk, dir, value)
  }
}
