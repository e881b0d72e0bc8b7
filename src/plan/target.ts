import { RE2JS } from 're2js'
import type { KubeObject } from '../manifest/object.ts'
import { gvkOf } from '../manifest/object.ts'
import { matchesLabels, parseSelector, type Selector } from '../manifest/selector.ts'

/**
 * Which objects a rule is for. Group to namespace are regular expressions that have to fit the whole value; empty ones fit
 * everything. The selectors have the syntax of label selectors.
 */
export interface Target {
  readonly group?: string
  readonly version?: string
  readonly kind?: string
  readonly name?: string
  readonly namespace?: string
  readonly annotationSelector?: string
  readonly labelSelector?: string
}

/** What a target is compared with. */
export interface Candidate {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly name: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** Says whether a target's rule is for an object. */
export type Matcher = (candidate: Candidate) => boolean

/** Compiles a target once; no target fits everything. The error says which field is wrong. */
export function compileTarget(target: Target | undefined): { readonly matches: Matcher } | { readonly error: string } {
  if (target === undefined) return { matches: () => true }
  const checks: Matcher[] = []
  for (const field of ['group', 'version', 'kind', 'name', 'namespace'] as const) {
    const pattern = target[field]
    if (pattern === undefined || pattern === '') continue
    try {
      const regex = RE2JS.compile(`^(?:${pattern})$`)
      checks.push(candidate => regex.matcher(candidate[field]).find())
    } catch (error) {
      return { error: `${field} "${pattern}" is no regular expression: ${(error as Error).message}` }
    }
  }
  for (const field of ['labels', 'annotations'] as const) {
    const text = target[field === 'labels' ? 'labelSelector' : 'annotationSelector']
    if (text === undefined || text === '') continue
    const selector = readSelector(text)
    if ('error' in selector) return selector
    checks.push(candidate => matchesLabels(selector.selector, candidate[field]))
  }
  return { matches: candidate => checks.every(check => check(candidate)) }
}

function readSelector(text: string): { readonly selector: Selector } | { readonly error: string } {
  const parsed = parseSelector(text)
  return parsed.error === undefined
    ? { selector: parsed.value }
    : { error: `"${text}" is no selector: ${parsed.error}` }
}

/** An object as targets see it. */
export function candidateOf(object: KubeObject): Candidate {
  const { name = '', namespace = '', labels = {}, annotations = {} } = object.metadata
  return { ...gvkOf(object), name, namespace, labels: labels ?? {}, annotations: annotations ?? {} }
}
