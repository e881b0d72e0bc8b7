import type { YamlNode } from '../../manifest/yaml/node.ts'
import { type LabelSelector, parseLabelSelector } from './label-selector.ts'
import { spendSteps } from './meter.ts'
import { compileAnchored, type Pattern } from './regex.ts'
import { annotationsOf, currentId, gvkOf, labelsOf, lookAt, originalId, type Resource } from './resource.ts'
import { effectiveNamespace, type Gvk, type ResourceId } from './resource-id.ts'

/** What a patch or replacement is for: anchored patterns for the id, selectors for labels and annotations. */
export interface Selector extends ResourceId {
  readonly annotationSelector: string
  readonly labelSelector: string
}

export interface CompiledSelector {
  readonly selector: Selector
  readonly group: Pattern
  readonly version: Pattern
  readonly kind: Pattern
  readonly name: Pattern
  readonly namespace: Pattern
}

export function compileSelector(selector: Selector): CompiledSelector {
  return {
    selector,
    group: compileAnchored(selector.group),
    version: compileAnchored(selector.version),
    kind: compileAnchored(selector.kind),
    name: compileAnchored(selector.name),
    namespace: compileAnchored(selector.namespace),
  }
}

export function matchesGvk(compiled: CompiledSelector, gvk: Gvk): boolean {
  return compiled.group.matches(gvk.group) && compiled.version.matches(gvk.version) && compiled.kind.matches(gvk.kind)
}

/** True where the id's kind, name and literal namespace match. */
export function matchesId(compiled: CompiledSelector, id: ResourceId): boolean {
  return matchesGvk(compiled, id) && compiled.name.matches(id.name) && compiled.namespace.matches(id.namespace)
}

/** The resources that a patch target names, by their first or their current name and namespace. */
export function select(items: readonly Resource[], selector: Selector): Resource[] {
  const compiled = compileSelector(selector)
  return items.filter(item => {
    spendSteps()
    const node = lookAt(item)
    const current = currentId(node)
    const original = originalId(node)
    return (
      (compiled.namespace.matches(effectiveNamespace(original)) ||
        compiled.namespace.matches(effectiveNamespace(current))) &&
      (compiled.name.matches(original.name) || compiled.name.matches(current.name)) &&
      matchesGvk(compiled, gvkOf(node)) &&
      matchesLabels(node, selector)
    )
  })
}

/** True where the labels and annotations are what the selector asks for. */
export function matchesLabels(
  node: YamlNode,
  selector: { readonly labelSelector: string; readonly annotationSelector: string },
): boolean {
  return (
    satisfies(selector.labelSelector, () => labelsOf(node)) &&
    satisfies(selector.annotationSelector, () => annotationsOf(node))
  )
}

function satisfies(text: string, entries: () => ReadonlyMap<string, string>): boolean {
  if (text === '') return true
  const selector: LabelSelector = parseLabelSelector(text)
  const map = entries()
  return selector.every(requirement => requirement(map))
}
