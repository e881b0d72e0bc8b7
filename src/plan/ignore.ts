import { canonicalJson } from '../manifest/canonical.ts'
import { isObject, type JsonObject, type JsonValue } from '../manifest/json.ts'
import type { KubeObject } from '../manifest/object.ts'
import { otherAppliers, ownEntry, ownsPath } from './field-set.ts'
import { getAt, parsePointer, removeAt, setAt } from './pointer.ts'
import { type Candidate, compileTarget, type Matcher, type Target } from './target.ts'

/** An entry of a Kustomization's `spec.ignore`: fields whose changes in the cluster are left alone. */
export interface IgnoreRule {
  readonly paths: readonly string[]
  readonly target?: Target | undefined
}

/** Rules compiled once; `pathsFor` gives the fields to leave alone in one object, as parts of JSON pointers. */
export interface IgnoreRules {
  pathsFor(candidate: Candidate): readonly (readonly string[])[]
}

export const NO_IGNORE_RULES: IgnoreRules = { pathsFor: () => [] }

/** Compiles `spec.ignore`; the error names the rule that is wrong. */
export function compileIgnoreRules(
  rules: readonly IgnoreRule[],
): { readonly rules: IgnoreRules } | { readonly error: string } {
  const compiled: { readonly matches: Matcher; readonly paths: readonly (readonly string[])[] }[] = []
  for (const [index, { paths, target }] of rules.entries()) {
    const result = compileTarget(target)
    if ('error' in result) return { error: `spec.ignore[${index}].target: ${result.error}` }
    compiled.push({ matches: result.matches, paths: paths.map(parsePointer) })
  }
  const pathsFor = (candidate: Candidate) => compiled.flatMap(({ matches, paths }) => (matches(candidate) ? paths : []))
  return { rules: { pathsFor } }
}

/** An object without its ignored fields, for comparing. */
export function withoutIgnored(object: KubeObject, paths: readonly (readonly string[])[]): KubeObject {
  return paths.reduce<JsonValue>(
    (value, path) => removeAt(value, path),
    object as unknown as JsonObject,
  ) as unknown as KubeObject
}

/** An object without the ignored fields that somebody else has taken from us: to leave them alone is to want nothing of them. */
export function withoutTaken(
  desired: KubeObject,
  live: KubeObject,
  paths: readonly (readonly string[])[],
  manager: string,
): KubeObject {
  const { fieldsV1: own } = ownEntry(live, manager) ?? {}
  const there = live as unknown as JsonObject
  const taken = paths.filter(path => own === undefined || !ownsPath(own, there, path))
  return taken.reduce<JsonValue>(pruneAt, desired as unknown as JsonObject) as unknown as KubeObject
}

/** Takes a field out, and what is empty without it: an empty map would be a field of its own. */
function pruneAt(value: JsonValue, path: readonly string[]): JsonValue {
  if (getAt(value, path) === undefined) return value
  const parent = path.slice(0, -1)
  const rest = removeAt(value, path)
  const left = getAt(rest, parent)
  return parent.length > 0 && isObject(left) && Object.keys(left).length === 0 ? pruneAt(rest, parent) : rest
}

/**
 * What to apply where the live value of an ignored field differs from the source's: a field that another manager applies is
 * left out, so that it keeps it; any other gets the live value, because leaving it out would remove it.
 */
export function resolveIgnored(
  desired: KubeObject,
  live: KubeObject,
  paths: readonly (readonly string[])[],
  manager: string,
): KubeObject {
  if (paths.length === 0) return desired
  const [wanted, there] = [desired as unknown as JsonObject, live as unknown as JsonObject]
  const others = otherAppliers(live, manager)
  let result: JsonValue = wanted
  for (const path of paths) {
    const [before, after] = [getAt(there, path), getAt(wanted, path)]
    if (after === undefined || canonicalJson(before) === canonicalJson(after)) continue
    const foreign = others.some(entry => entry.fieldsV1 !== undefined && ownsPath(entry.fieldsV1, there, path))
    result = foreign || before === undefined ? removeAt(result, path) : setAt(result, path, before)
  }
  return result as unknown as KubeObject
}
