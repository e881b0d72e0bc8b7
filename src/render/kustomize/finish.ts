import type { Position } from '../../manifest/diagnostic.ts'
import type { JsonObject } from '../../manifest/json.ts'
import type { YamlNode } from '../../manifest/yaml/node.ts'
import { toYaml } from '../../manifest/yaml/to-yaml.ts'
import type { Accumulator } from './accumulator.ts'
import { attempt, type Context } from './context.ts'
import { makeFieldSpec } from './field-spec.ts'
import { printProblem } from './print-problem.ts'
import { rewording } from './problem.ts'
import { checkMetadata } from './read-resources.ts'
import {
  annotationOf,
  annotationsOf,
  internalNotes,
  originNote,
  ownNode,
  type Resource,
  setAnnotations,
  transformationsNote,
} from './resource.ts'
import { idsChanged, type ResourceList } from './resource-list.ts'
import { lend, type SharedResource } from './shared-resource.ts'
import type { Target } from './target.ts'
import { setEntries } from './transform/entries.ts'
import { hashNames } from './transform/hash.ts'
import { fixNameReferences } from './transform/name-references.ts'
import { sortResources } from './transform/sort-order.ts'
import { replaceVariables } from './transform/variables.ts'
import { toObject } from './value.ts'

/** Version that the managed-by label carries. */
const kustomizeVersion = 'v5.8.2'

const metadataLabels = [makeFieldSpec('metadata/labels', { create: true })]

/** The steps that a build ends with, once, for all resources together. */
export function finish(context: Context, target: Target, result: Accumulator): void {
  const { list } = result
  // What is kept with shared objects is without these annotations.
  if (target.buildMetadata.length > 0) for (const item of list.items) ownNode(item)
  const step = (by: string, run: () => void): void => {
    attempt(context, undefined, run)
    context.tracer?.step(by, undefined, list)
  }
  step('name suffix of the content hash', () => hashNames(list))
  step('name reference', () => fixNameReferences(list, result.config.nameReference))
  step('vars', () => {
    const unused = replaceVariables(list, result.variables, result.config.varReference)
    if (unused.length > 0) context.warnings.push(`well-defined vars that were never replaced: ${unused.join(',')}`)
  })
  attempt(context, undefined, () => dropLocal(list))
  attempt(context, target.positionOf('sortOptions'), () => sort(context, target, list))
  if (context.options.managedByLabel === true || target.buildMetadata.includes('managedByLabel'))
    step('managedByLabel', () =>
      setEntries(list, new Map([['app.kubernetes.io/managed-by', `kustomize-${kustomizeVersion}`]]), metadataLabels),
    )
  for (const item of list.items) if (item.shared === undefined) removeNotes(item.node, target.buildMetadata)
}

/** An object as it is printed, and where it comes from. */
export interface Printed {
  readonly value: JsonObject
  readonly position: Position | undefined
  /** The object's YAML. */
  readonly text: () => string
}

/** The values of finished resources. A problem where one cannot be printed. */
export function printed(items: readonly Resource[]): Printed[] {
  return items.map(item => {
    const { shared } = item
    if (shared !== undefined) return printedShared(shared)
    const value = printable(item.node)
    return { value, position: positionOf(item.node), text: () => toYaml(value) }
  })
}

function printedShared(shared: SharedResource): Printed {
  if (shared.printed !== undefined) return shared.printed
  const { node } = lend(shared)
  removeNotes(node, [])
  const value = printable(node)
  let text: string | undefined
  shared.printed = {
    value,
    position: positionOf(node),
    text() {
      text ??= toYaml(value)
      return text
    },
  }
  return shared.printed
}

function positionOf({ column, file, line }: YamlNode): Position | undefined {
  return line > 0 && file !== '' ? { file, line, column } : undefined
}

/** Objects that are only there for the build itself. */
function dropLocal(list: ResourceList): void {
  list.items = list.items.filter(item => {
    const { shared } = item
    if (shared === undefined) return !isLocal(item.node)
    shared.isLocal ??= isLocal(shared.node)
    return !shared.isLocal
  })
  idsChanged(list)
}

function isLocal(node: YamlNode): boolean {
  checkMetadata(node)
  const mark = annotationOf(node, 'config.kubernetes.io/local-config')
  return mark !== undefined && mark !== 'false'
}

function sort(context: Context, { kustomization }: Target, list: ResourceList): void {
  const { reorder } = context.options
  if (kustomization.sortOptions === undefined) {
    if (reorder !== 'none') sortResources(list, { order: 'legacy', legacySortOptions: undefined })
    return
  }
  if (reorder !== undefined)
    context.warnings.push(
      "Warning: Sorting order is set both in 'kustomization.yaml' ('sortOptions') and in a CLI flag ('--reorder'). Using the kustomization file over the CLI flag.",
    )
  sortResources(list, kustomization.sortOptions)
}

function removeNotes(node: YamlNode, buildMetadata: readonly string[]): void {
  const annotations = annotationsOf(node)
  const keepsOrigin = buildMetadata.includes('originAnnotations')
  const keepsTransformations = buildMetadata.includes('transformerAnnotations')
  if (annotations.size === 0 && keepsOrigin && keepsTransformations) return
  for (const note of internalNotes) annotations.delete(note)
  if (!keepsOrigin) annotations.delete(originNote)
  if (!keepsTransformations) annotations.delete(transformationsNote)
  setAnnotations(node, annotations)
}

function printable(node: YamlNode): JsonObject {
  return rewording(
    message => printProblem(node) ?? `map[string]interface {}(nil): ${message}`,
    () => toObject(node),
  )
}
