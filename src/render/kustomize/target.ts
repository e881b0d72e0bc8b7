import type { Position } from '../../manifest/diagnostic.ts'
import type { JsonValue } from '../../manifest/json.ts'
import type { YamlNode } from '../../manifest/yaml/node.ts'
import { nodeAt } from '../../manifest/yaml/node-tools.ts'
import { readText, type Site } from './configure.ts'
import { type Context, prefix, setSchema, within } from './context.ts'
import type { Kustomization } from './kustomization-fields.ts'
import { documentOf, type Loader, loadOptional, rootOf } from './loader.ts'
import { fail, Problem } from './problem.ts'
import { kustomizationNames, readKustomization } from './read-kustomization.ts'
import { documentValue, jsonText, yamlToJson } from './yaml-text.ts'

/** A kustomization that has been read, in its place in the build. */
export interface Target extends Site {
  /** Namespace of the kustomizations above, for charts. */
  readonly helmNamespace: string
  readonly buildMetadata: readonly string[]
}

/** Where a field of a kustomization, or an entry of one, was written; undefined where its file says it. */
export type PlaceOf = (field: string, index?: number) => Position | undefined

/** Reads the kustomization of a directory. `override` stands in for the file's content; `placeOf` knows what else it holds. */
export function readTarget(
  context: Context,
  loader: Loader,
  override?: JsonValue,
  placeOf: PlaceOf = () => undefined,
): Omit<Target, 'origin' | 'helmNamespace' | 'buildMetadata'> {
  const files = kustomizationNames.flatMap(name => {
    const found = loadOptional(loader, name)
    return found === undefined ? [] : [{ name, ...found }]
  })
  const [first] = files
  if (override === undefined && files.length > 1)
    fail(`Found multiple kustomization files under: ${rootOf(loader)}\n`, {
      code: 'kustomization-twice',
      hint: `keep one of ${files.map(file => file.name).join(', ')}`,
    })
  if (override === undefined && first === undefined)
    fail(
      `unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${rootOf(loader)}'`,
      { code: 'kustomization-missing', hint: 'add a kustomization.yaml, or name the files themselves' },
    )
  const path = first?.path ?? `${loader.dir === '' ? '' : `${loader.dir}/`}kustomization.yaml`
  const start: Position = { file: path, line: 1, column: 1 }
  let node: YamlNode | undefined
  /** Of a file that something else stands in for: looked at only where a place in it is wanted. */
  const hidden = () =>
    override === undefined || first === undefined ? undefined : documentOf(loader.source, path, first.bytes).node
  const read = (): ReturnType<typeof readKustomization> => {
    let value = override
    if (value === undefined && first !== undefined) {
      const document = documentOf(loader.source, path, first.bytes)
      node = document.node
      value = within(context, prefix('invalid Kustomization'), () => documentValue(document))
    }
    return readKustomization(value ?? null, rootOf(loader))
  }
  const { kustomization, warnings } = placed(start, () => node, read)
  context.warnings.push(...warnings)
  const positionOf = (field: string, index?: number): Position | undefined => {
    const elsewhere = placeOf(field, index)
    if (elsewhere !== undefined) return elsewhere
    node ??= hidden()
    if (node === undefined) return start
    const at = (index === undefined ? undefined : nodeAt(node, [field, index])) ?? nodeAt(node, [field])
    return at === undefined || at.line === 0 ? start : { file: at.file, line: at.line, column: at.column }
  }
  return { context, loader, kustomization, file: first?.name ?? 'kustomization.yaml', positionOf }
}

/** Gives problems with a kustomization's fields the place of the field, where its name tells it. */
function placed<T>(start: Position, node: () => YamlNode | undefined, step: () => T): T {
  try {
    return step()
  } catch (error) {
    if (error instanceof Problem && error.details.position === undefined) {
      const name = /unknown field "([^"]+)"|Kustomization\.([A-Za-z0-9]+)/.exec(error.reason)
      const position = fieldPosition(node(), name?.[1] ?? name?.[2]) ?? start
      Object.assign(error, { details: { ...error.details, position } })
    }
    throw error
  }
}

function fieldPosition(node: YamlNode | undefined, name: string | undefined): Position | undefined {
  if (node === undefined || name === undefined) return undefined
  const map = node.kind === 'document' ? node.content[0] : node
  const find = (at: YamlNode | undefined): YamlNode | undefined => {
    if (at === undefined) return undefined
    if (at.kind === 'mapping')
      for (let i = 0; i < at.content.length; i += 2) if (at.content[i]?.value === name) return at.content[i]
    for (const child of at.content) {
      const found = find(child)
      if (found !== undefined) return found
    }
    return undefined
  }
  const found = find(map)
  return found === undefined ? undefined : { file: found.file, line: found.line, column: found.column }
}

/** The schema document that `openapi.path` names. */
export function applySchema(context: Context, loader: Loader, kustomization: Kustomization): void {
  const path = kustomization.openapi?.get('path')
  if (path === undefined) {
    setSchema(context, kustomization.openapi, undefined)
    return
  }
  const { text, file } = readText(loader, path)
  setSchema(context, kustomization.openapi, () => (text.startsWith('{') ? jsonText(text) : yamlToJson(text, file)))
}
