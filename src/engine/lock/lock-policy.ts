import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { type Owner, ownerLabels, SWITCH_PREFIX } from '../../plan/switches.ts'
import { BUILT_IN_GROUP, BUILT_IN_USERS } from './built-in-users.ts'
import { sameFields, type Variable } from './field-comparison.ts'
import { BREAK_GLASS, type LockMode } from './lock-request.ts'

/** Label of the objects that a lock consists of. */
export const LOCK_LABEL = 'lockstep.dev/lock'

/** Annotation of them: `namespace/name` of the Kustomization. */
export const LOCK_OWNER = 'lockstep.dev/locked-by'

/**
 * What the engine adds to its requests where it acts as a service account and objects are locked, so that it is told apart
 * from Pods with the same account. Only who may impersonate `userextras` can say so.
 */
export const ENGINE_EXTRA = { key: 'lockstep.dev/engine', value: 'reconcile' }

/** Everything that a lock depends on. */
export interface LockSubject {
  readonly owner: Owner
  readonly mode: LockMode
  /** Where the objects come from, for people; one line. */
  readonly source: string
  /** Field manager of what is applied. */
  readonly manager: string
  /** Who the engine is to the API server. */
  readonly engine: string
  /** The service account that it acts as, where it does. */
  readonly actor: string | undefined
  /** The group that may change everything for now. */
  readonly group: string | undefined
  /** Fields that anybody may change, as parts of JSON pointers. */
  readonly ignored: readonly (readonly string[])[]
  /** Objects whose number of replicas is managed: `resource.group/namespace/name`. */
  readonly scaled: readonly string[]
}

const API = 'admissionregistration.k8s.io/v1'
export const LOCK_KINDS = [
  { group: 'admissionregistration.k8s.io', version: 'v1', kind: 'ValidatingAdmissionPolicy' },
  { group: 'admissionregistration.k8s.io', version: 'v1', kind: 'ValidatingAdmissionPolicyBinding' },
] as const

const ACTIONS: Readonly<Record<LockMode, string[]>> = {
  Deny: ['Deny', 'Audit'],
  Warn: ['Warn', 'Audit'],
  Audit: ['Audit'],
}

/** The names of what a lock may consist of; a namespace has no dot, so that they are unique. */
export function lockNames({ name, namespace }: Owner): { readonly fields: string; readonly scale: string } {
  return { fields: `${namespace}.${name}.lock.lockstep.dev`, scale: `${namespace}.${name}.scale.lockstep.dev` }
}

/** A text as CEL writes it; JSON's escapes are among those of CEL. */
function text(value: string): string {
  return JSON.stringify(value)
}

/** Who is not asked: the engine itself, and the parts of Kubernetes. */
function matchConditions({ actor, engine }: LockSubject): JsonObject[] {
  const extra = 'request.userInfo.extra'
  const key = text(ENGINE_EXTRA.key)
  const isEngine = `has(${extra}) && ${key} in ${extra} && ${text(ENGINE_EXTRA.value)} in ${extra}[${key}]`
  const users = `[${BUILT_IN_USERS.map(text).join(', ')}]`
  return [
    {
      name: 'not-lockstep',
      expression:
        actor === undefined
          ? `request.userInfo.username != ${text(engine)}`
          : `request.userInfo.username != ${text(engine)} && !(request.userInfo.username == ${text(actor)} && ${isEngine})`,
    },
    {
      name: 'not-kubernetes',
      expression: `!(request.userInfo.username in ${users}) && !(has(request.userInfo.groups) && ${text(BUILT_IN_GROUP)} in request.userInfo.groups)`,
    },
  ]
}

/** The group of an open break-glass, and the note of its use in the audit log. */
function breakGlass({ group }: LockSubject): { readonly variable: Variable; readonly auditAnnotations: JsonObject[] } {
  const isMember =
    group === undefined ? 'false' : `has(request.userInfo.groups) && ${text(group)} in request.userInfo.groups`
  const valueExpression = "variables.open ? 'used by ' + request.userInfo.username : ''"
  return {
    variable: { name: 'open', expression: isMember },
    auditAnnotations: group === undefined ? [] : [{ key: 'break-glass', valueExpression }],
  }
}

/** The labels or annotations by which a single object is handled in another way; nobody changes those by hand. */
function sameSwitches(field: 'labels' | 'annotations'): string {
  const [before, after] = ['oldObject', 'object'].map(each => `${each}.metadata.?${field}.orValue({})`)
  const isSwitch = `(k.startsWith('${SWITCH_PREFIX}/') || k.startsWith('lockstep.dev/')) && k != ${text(BREAK_GLASS)}`
  const sameIn = (a = '', b = '') => `${a}.all(k, !(${isSwitch}) || ${b}[?k].orValue('') == ${a}[k])`
  return `${sameIn(before, after)} && ${sameIn(after, before)}`
}

/** Objects that are not applied once they are there, because Git says so. */
function leftAlone(): string {
  const has = (field: string, name: string, value: string) =>
    `oldObject.metadata.?${field}[?'${SWITCH_PREFIX}/${name}'].orValue('').lowerAscii() == '${value}'`
  const each = (name: string, value: string) => [has('labels', name, value), has('annotations', name, value)]
  return [...each('ssa', 'ifnotpresent'), ...each('ssa', 'ignore'), ...each('reconcile', 'disabled')].join(' || ')
}

function refusal(subject: LockSubject, what: string): string {
  const { name, namespace } = subject.owner
  return `${what} by Kustomization ${namespace}/${name} from ${subject.source}: change it there, not by hand`
}

function policyOf(subject: LockSubject, name: string, rule: JsonObject, rest: object, selector: JsonObject) {
  const constraints = { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: selector }
  return {
    apiVersion: API,
    kind: LOCK_KINDS[0].kind,
    metadata: metadataOf(subject, name),
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        ...constraints,
        resourceRules: [{ apiGroups: ['*'], apiVersions: ['*'], scope: '*', ...rule }],
      },
      matchConditions: matchConditions(subject),
      ...rest,
    },
  }
}

function metadataOf({ owner }: LockSubject, name: string) {
  const labels = { [LOCK_LABEL]: 'true', 'app.kubernetes.io/managed-by': 'lockstep' }
  return { name, labels, annotations: { [LOCK_OWNER]: `${owner.namespace}/${owner.name}` } }
}

function bindingOf(subject: LockSubject, name: string) {
  const spec = { policyName: name, validationActions: ACTIONS[subject.mode] }
  return { apiVersion: API, kind: LOCK_KINDS[1].kind, metadata: metadataOf(subject, name), spec }
}

/**
 * Refuses what Lockstep would undo. A change by somebody else takes fields from our manager, so that its part of
 * `managedFields` is another one afterwards; what others own may change as they like.
 */
function fieldPolicy(subject: LockSubject, name: string): object {
  const ours = (object: string) =>
    `${object}.metadata.?managedFields.orValue([]).filter(f, f.manager == ${text(subject.manager)} && f.operation == 'Apply' && !has(f.subresource))`
  const owners = (object: string) => `${object}.metadata.?ownerReferences.orValue([])`
  const whole = subject.ignored.length === 0
  const same = whole
    ? { condition: 'variables.before == variables.after', variables: [] }
    : sameFields('variables.before[0].fieldsV1', 'variables.after[0].fieldsV1', subject.ignored)
  const unchanged = whole
    ? same.condition
    : `variables.after.size() == 1 && variables.before[0].time == variables.after[0].time && ${same.condition}`
  const { auditAnnotations, variable } = breakGlass(subject)
  const variables: Variable[] = [
    variable,
    { name: 'before', expression: ours('oldObject') },
    { name: 'after', expression: ours('object') },
    ...same.variables,
    { name: 'leftAlone', expression: leftAlone() },
    { name: 'sameSwitches', expression: `${sameSwitches('labels')} && ${sameSwitches('annotations')}` },
    // The garbage collector would delete for whoever names an owner that is not there.
    { name: 'sameOwners', expression: `${owners('object')} == ${owners('oldObject')}` },
    { name: 'inOurName', expression: `request.options.?fieldManager.orValue('') == ${text(subject.manager)}` },
  ]
  const harmless = `variables.leftAlone || (${unchanged} && variables.sameSwitches && variables.sameOwners && !variables.inOurName)`
  const validation = {
    expression: `variables.open || variables.before.size() == 0 || (request.operation == 'UPDATE' && (${harmless}))`,
    message: refusal(subject, 'managed'),
    reason: 'Forbidden',
  }
  const rest = { variables, validations: [validation], ...(auditAnnotations.length > 0 && { auditAnnotations }) }
  const rule = { operations: ['UPDATE', 'DELETE'], resources: ['*'] }
  return policyOf(subject, name, rule, rest, { matchLabels: ownerLabels(subject.owner) })
}

/** An expression may have 100,000 characters, and a name 253. */
const CHUNK = 200

/** A Scale has no labels and owners of fields: what is scaled is known by name. */
function scalePolicy(subject: LockSubject, name: string): object {
  const { auditAnnotations, variable } = breakGlass(subject)
  const chunks = Array.from({ length: Math.ceil(subject.scaled.length / CHUNK) }, (_, index) => ({
    name: `scaled${index}`,
    expression: `variables.ref in [${subject.scaled
      .slice(index * CHUNK, (index + 1) * CHUNK)
      .map(text)
      .join(', ')}]`,
  }))
  const resource = "request.resource.resource + '.' + request.resource.group"
  const variables = [
    variable,
    {
      name: 'ref',
      expression: `${resource} + '/' + request.namespace + '/' + request.name`,
    },
    ...chunks,
  ]
  const validation = {
    expression: `variables.open || object.spec.?replicas.orValue(0) == oldObject.spec.?replicas.orValue(0) || !(${chunks.map(({ name: chunk }) => `variables.${chunk}`).join(' || ')})`,
    message: refusal(subject, 'the number of replicas is managed'),
    reason: 'Forbidden',
  }
  const rest = { variables, validations: [validation], ...(auditAnnotations.length > 0 && { auditAnnotations }) }
  const names = [...new Set(subject.scaled.map(each => each.slice(each.lastIndexOf('/') + 1)))].toSorted()
  const rule = { operations: ['UPDATE'], resources: ['*/scale'], resourceNames: names }
  return policyOf(subject, name, rule, rest, {})
}

/**
 * The objects that a lock consists of: ValidatingAdmissionPolicies and their bindings (admissionregistration.k8s.io/v1, in
 * Kubernetes since 1.30), with every field that the server would set by default.
 */
export function lockObjects(subject: LockSubject): readonly KubeObject[] {
  const { fields, scale } = lockNames(subject.owner)
  const objects = [fieldPolicy(subject, fields), bindingOf(subject, fields)]
  if (subject.scaled.length > 0) objects.push(scalePolicy(subject, scale), bindingOf(subject, scale))
  return objects as unknown as readonly KubeObject[]
}
