import type { ApiError } from '../kube/cluster.ts'
import { isArray, isObject, type JsonValue } from '../manifest/json.ts'
import type { GroupVersionKind, KubeObject } from '../manifest/object.ts'
import type { ChangeEntry, ChangeSet } from '../plan/change-set.ts'
import { saysImmutable } from './immutable.ts'

/** What is at hand to find the cause of a failure. */
export interface HintContext {
  readonly changes: ChangeSet
  /** Kinds that the cluster knows, for suggestions. */
  readonly knownKinds?: readonly GroupVersionKind[]
}

interface Advice {
  readonly code: string
  readonly hint?: string
}

type Rule = (error: ApiError, entry: ChangeEntry, context: HintContext) => Advice | undefined

/** A stable name of the cause, and what to do about it. */
export function adviseOn(error: ApiError, entry: ChangeEntry, context: HintContext): Advice {
  for (const rule of RULES) {
    const advice = rule(error, entry, context)
    if (advice !== undefined) return advice
  }
  return { code: 'apply-failed' }
}

const RULES: readonly Rule[] = [
  (error, entry, context) => {
    if (error.reason !== 'NoKindMatch') return undefined
    return { code: 'unknown-kind', hint: adviseOnKind(entry.ref, context) }
  },
  error => {
    const name = /namespaces? "([^"]+)" not found/.exec(error.message)?.[1]
    if (name === undefined) return undefined
    return {
      code: 'namespace-missing',
      hint: `add a Namespace "${name}" to the source, or create it with: kubectl create namespace ${name}`,
    }
  },
  (error, { ref }) => {
    if (ref.namespace !== '' || (error.code !== 404 && !/lives in a namespace/.test(error.message))) return undefined
    return { code: 'namespace-missing', hint: `set metadata.namespace, or spec.targetNamespace of the Kustomization` }
  },
  error => {
    const webhook = /admission webhook "([^"]+)" denied the request/.exec(error.message)?.[1]
    if (webhook === undefined) return undefined
    return {
      code: 'denied-by-webhook',
      hint: `the webhook ${webhook} refuses the object; change it as the message says`,
    }
  },
  error => {
    const policy = /ValidatingAdmissionPolicy '([^']+)'/.exec(error.message)?.[1]
    if (policy === undefined) return undefined
    return {
      code: 'denied-by-policy',
      hint: `the admission policy ${policy} refuses the object; change it as the message says`,
    }
  },
  error => {
    if (!/failed calling webhook/.test(error.message)) return undefined
    return { code: 'webhook-unreachable', hint: 'the webhook does not answer; check its Service and Pods' }
  },
  error => {
    const match = /User "([^"]+)" cannot (\S+) resource "([^"]+)"/.exec(error.message)
    if (match === null) return undefined
    const [, user = '', verb, resource] = match
    const account = /^system:serviceaccount:([^:]+):(.+)$/.exec(user)
    const who = account === null ? `user ${user}` : `service account ${account[1]}/${account[2]}`
    return { code: 'forbidden', hint: `allow ${who} to ${verb} ${resource} with a Role and a RoleBinding` }
  },
  (error, { force }) => {
    if (!saysImmutable(error)) return undefined
    const hint = force
      ? 'the field cannot be changed, and deleting the object did not help'
      : 'this field cannot be changed in place: annotate the object with kustomize.toolkit.fluxcd.io/force: enabled, or set spec.force, to have it deleted and created again'
    return { code: 'immutable-field', hint }
  },
  error => {
    if (
      error.code !== 413 &&
      !/too large|Too long: (?:must have at most|may not be more than) \d{6,}/i.test(error.message)
    )
      return undefined
    return {
      code: 'too-large',
      hint: 'an object may have about 1 MiB (1.5 MiB with everything): split it, or keep the data elsewhere',
    }
  },
  error => {
    const match = /(\.[\w.[\]"'=, -]+?): (?:field not declared in schema|expected (\w+).*)/.exec(error.message)
    if (match === null) return undefined
    const [, field = '', expected] = match
    return { code: 'invalid-field', hint: adviseOnField(field, expected) }
  },
  error => {
    if (!/unknown field "([^"]+)"/.test(error.message)) return undefined
    return { code: 'invalid-field', hint: 'check the spelling and the place of the field' }
  },
  error => {
    if (error.reason !== 'Invalid' && error.code !== 422) return undefined
    return { code: 'invalid-object', hint: 'change the field as the message says' }
  },
  error => {
    if (error.code !== 0) return undefined
    return { code: 'api-server-unreachable', hint: 'the API server did not answer; the next attempt follows' }
  },
]

/** `expected` is what the schema has there; undefined where it has nothing. */
function adviseOnField(field: string, expected: string | undefined): string {
  switch (expected) {
    case undefined:
      return `the kind has no field ${field}; check its spelling, its place and the apiVersion`
    case 'string':
      return `put the value of ${field} in quotes: YAML reads 1, true and 1e3 without them as no texts`
    case 'map':
    case 'list':
      return `write a ${expected} below ${field}; check the indentation`
    case 'numeric':
      return `write a number into ${field}, without quotes`
    default:
      return `write a ${expected} into ${field}`
  }
}

function adviseOnKind({ group, version, kind }: GroupVersionKind, { changes, knownKinds }: HintContext): string {
  const defined = changes.stages
    .flatMap(stage => stage.entries)
    .flatMap(({ desired }) => (desired === undefined ? [] : definedKinds(desired)))
  const same = defined.filter(candidate => candidate.group === group && candidate.kind === kind)
  if (same.length > 0) {
    const versions = same.map(candidate => candidate.version).join(', ')
    return same.some(candidate => candidate.version === version)
      ? 'its CRD is in this commit, but the API server does not serve it yet'
      : `the CRD in this commit serves ${versions}, not ${version}`
  }
  const near = nearest(kind, group, [...defined, ...(knownKinds ?? [])])
  const suggestion =
    near === undefined
      ? ''
      : `; did you mean ${near.kind} in ${near.group === '' ? '' : `${near.group}/`}${near.version}?`
  return `the cluster has no such kind: install its CRD, or add it to this source, and check apiVersion and kind${suggestion}`
}

/** The kinds that an object defines, if it is a CRD. */
export function definedKinds(object: KubeObject): readonly GroupVersionKind[] {
  const spec = object.kind === 'CustomResourceDefinition' ? (object['spec'] as JsonValue | undefined) : undefined
  if (!isObject(spec)) return []
  const { group, names, versions } = spec
  const kind = isObject(names) ? names['kind'] : undefined
  if (typeof group !== 'string' || typeof kind !== 'string' || !isArray(versions)) return []
  return versions.flatMap((version: JsonValue) =>
    isObject(version) && typeof version['name'] === 'string' && version['served'] !== false
      ? [{ group, kind, version: version['name'] }]
      : [],
  )
}

function nearest(kind: string, group: string, known: readonly GroupVersionKind[]): GroupVersionKind | undefined {
  const scored = known.map(candidate => ({
    candidate,
    distance: editDistance(candidate.kind.toLowerCase(), kind.toLowerCase()) + (candidate.group === group ? 0 : 1),
  }))
  const best = scored.toSorted((a, b) => a.distance - b.distance)[0]
  return best !== undefined && best.distance <= Math.max(1, Math.floor(kind.length / 4)) ? best.candidate : undefined
}

/** How many letters have to be put in, taken out or replaced. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
