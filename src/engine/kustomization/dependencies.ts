import { isReady } from '../../api/condition.ts'
import { type Kustomization, kustomizationKind } from '../../api/kustomization.ts'
import { type KubeObject, parseApiVersion } from '../../manifest/object.ts'

/** `namespace/name`, the name by which Kustomizations refer to one another. */
export type KustomizationKey = string

export function keyOf(kustomization: Kustomization): KustomizationKey {
  return `${kustomization.metadata.namespace}/${kustomization.metadata.name}`
}

/** Whether a dependency is on an object that is no Kustomization. */
export function isOtherDependency({
  apiVersion,
  kind,
}: {
  readonly apiVersion?: string
  readonly kind?: string
}): boolean {
  const { group, kind: own } = kustomizationKind
  return (kind ?? own) !== own || (apiVersion !== undefined && parseApiVersion(apiVersion).group !== group)
}

interface Dependency {
  readonly key: KustomizationKey
  readonly readyExpr?: string | undefined
}

/** The Kustomizations that this one waits for, in the order of the spec. */
export function dependenciesOf({ metadata, spec }: Kustomization): readonly Dependency[] {
  return (spec.dependsOn ?? [])
    .filter(each => !isOtherDependency(each))
    .map(({ name, namespace = metadata.namespace ?? '', readyExpr }) => ({ key: `${namespace}/${name}`, readyExpr }))
}

/** Evaluates a `readyExpr`; gives what is to be said of the dependency where it does not hold: `is not ready …`. */
export type EvaluateReady = (expression: string, self: Kustomization, dependency: KubeObject) => string | undefined

interface View {
  readonly get: (key: KustomizationKey) => Kustomization | undefined
  readonly evaluate: EvaluateReady
  /** The revision that the source of this Kustomization is at. */
  readonly revision: string
}

function sameSource(a: Kustomization, b: Kustomization): boolean {
  const of = ({ metadata, spec: { sourceRef } }: Kustomization) =>
    `${sourceRef.kind}/${sourceRef.namespace ?? metadata.namespace}/${sourceRef.name}`
  return of(a) === of(b)
}

function problemWith(
  kustomization: Kustomization,
  key: KustomizationKey,
  readyExpr: string | undefined,
  view: View,
): string | undefined {
  const dependency = view.get(key)
  if (dependency === undefined) {
    const resource = `${kustomizationKind.plural}.${kustomizationKind.group}`
    const name = key.slice(key.indexOf('/') + 1)
    return `dependency '${key}' not found: ${resource} "${name}" not found`
  }
  const suspended = dependency.spec.suspend === true ? ' (it is suspended)' : ''
  if (readyExpr !== undefined) {
    const problem = view.evaluate(readyExpr, kustomization, dependency)
    return problem === undefined ? undefined : `dependency '${key}' ${problem}${suspended}`
  }
  if (!isReady(dependency)) return `dependency '${key}' is not ready${suspended}`
  const isBehind = sameSource(kustomization, dependency) && dependency.status?.lastAppliedRevision !== view.revision
  return isBehind ? `dependency '${key}' revision is not up to date${suspended}` : undefined
}

/**
 * The first reason why a Kustomization has to wait for its dependencies; undefined when it may go on. A dependency is
 * ready when its generation is observed, its Ready condition is true and, where both share a source, it has applied the
 * revision that is about to be applied here; or when its `readyExpr` says so.
 */
export function unmetDependency(kustomization: Kustomization, view: View): string | undefined {
  const cycle = findCycle(kustomization, view.get)
  if (cycle !== undefined) return `circular dependency detected: ${cycle.join(' -> ')}`
  for (const { key, readyExpr } of dependenciesOf(kustomization)) {
    const problem = problemWith(kustomization, key, readyExpr, view)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** The way from a Kustomization back to itself along `dependsOn`, closed by its own key; undefined where there is none. */
export function findCycle(
  kustomization: Kustomization,
  get: (key: KustomizationKey) => Kustomization | undefined,
): readonly KustomizationKey[] | undefined {
  const start = keyOf(kustomization)
  const seen = new Set<KustomizationKey>()
  const follow = (from: Kustomization, path: readonly KustomizationKey[]): readonly KustomizationKey[] | undefined => {
    for (const { key } of dependenciesOf(from)) {
      if (key === start) return [...path, start]
      if (seen.has(key)) continue
      seen.add(key)
      const next = get(key)
      const found = next === undefined ? undefined : follow(next, [...path, key])
      if (found !== undefined) return found
    }
    return undefined
  }
  return follow(kustomization, [start])
}
