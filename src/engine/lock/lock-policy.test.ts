import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { load } from 'js-yaml'
import { compileExpression } from '../../health/cel/expression.ts'
import type { JsonObject, JsonValue } from '../../manifest/json.ts'
import { removeAt } from '../../plan/pointer.ts'
import { sameFields } from './field-comparison.ts'
import { type LockSubject, lockObjects } from './lock-policy.ts'

const subject: LockSubject = {
  owner: { name: 'app', namespace: 'shop' },
  mode: 'Deny',
  source: 'https://git.example/fleet.git, path ./apps, branch main',
  manager: 'kustomize-controller',
  engine: 'system:serviceaccount:flux-system:lockstep',
  actor: 'system:serviceaccount:shop:deployer',
  group: undefined,
  ignored: [],
  scaled: [],
}

interface Policy {
  readonly matchConditions: readonly { readonly expression: string }[]
  readonly variables: readonly { readonly name: string; readonly expression: string }[]
  readonly validations: readonly { readonly expression: string; readonly message: string }[]
}

function evaluate(expression: string, data: JsonObject): JsonValue {
  const compiled = compileExpression(expression)
  if (compiled.error !== undefined) throw new Error(compiled.error)
  const result = compiled.value.evaluate(data)
  if (result.error !== undefined) throw new Error(result.error)
  return result.value
}

/** What an API server makes of a request: whether it is looked at, and whether it is refused. */
function judge(lock: LockSubject, request: JsonObject, index = 0): 'passed by' | 'allowed' | 'refused' {
  const { matchConditions, validations, variables } = lockObjects(lock)[index]!['spec'] as unknown as Policy
  if (!matchConditions.every(({ expression }) => evaluate(expression, request))) return 'passed by'
  const values: Record<string, JsonValue> = {}
  const data = { ...request, variables: values }
  for (const { expression, name } of variables) {
    try {
      values[name] = evaluate(expression, data)
    } catch {
      // A server evaluates only those that it needs.
    }
  }
  return validations.every(({ expression }) => evaluate(expression, data)) ? 'allowed' : 'refused'
}

const before = load(`
metadata:
  name: conf
  labels: {kustomize.toolkit.fluxcd.io/name: app, kustomize.toolkit.fluxcd.io/namespace: shop}
  annotations: {note: old}
  managedFields:
  - {manager: kustomize-controller, operation: Apply, time: "2026-01-01T00:00:00Z", fieldsV1: {f:data: {f:a: {}, f:b: {}}}}
  - {manager: operator, operation: Update, fieldsV1: {f:data: {f:c: {}}}}
data: {a: "1", b: "2", c: "3"}
`) as { metadata: JsonObject & { managedFields: readonly JsonObject[] } } & JsonObject

/** The object after somebody took a field from our manager. */
function taken(field: string): JsonObject {
  const [ours = {}, theirs = {}] = before.metadata.managedFields
  const fieldsV1 = removeAt(ours['fieldsV1']!, ['f:data', `f:${field}`])
  return { ...before, metadata: { ...before.metadata, managedFields: [{ ...ours, fieldsV1 }, theirs] } }
}

function by(username: string, rest: JsonObject = {}, groups: string[] = [], extra: JsonObject = {}): JsonObject {
  const userInfo = { username, groups, ...(Object.keys(extra).length > 0 && { extra }) }
  const request = {
    operation: 'UPDATE',
    namespace: 'shop',
    name: 'conf',
    userInfo,
    options: { fieldManager: 'kubectl-edit' },
  }
  return { object: before, oldObject: before, ...rest, request: { ...request, ...(rest['request'] as JsonObject) } }
}

const change = { object: taken('a') }
const removal = { object: null, request: { operation: 'DELETE' } }

test('a manual change of a managed field, and a deletion, are refused; changes beside them are not', () => {
  assert.equal(judge(subject, by('alice', change)), 'refused')
  assert.equal(judge(subject, by('alice', removal)), 'refused')
  assert.equal(judge(subject, by('alice', { object: { ...before, data: { a: '1', b: '2', c: 'mine' } } })), 'allowed')
  const { managedFields: _, ...bare } = before.metadata
  assert.equal(judge(subject, by('alice', { object: { ...before, metadata: bare } })), 'refused')
  assert.equal(judge(subject, by('alice', { ...removal, oldObject: { ...before, metadata: bare } })), 'allowed')
})

test('nobody applies in our name, hands an object to the garbage collector, or changes by annotation how it is handled', () => {
  const metadata = (annotations: JsonObject) => ({
    object: { ...before, metadata: { ...before.metadata, annotations } },
  })
  assert.equal(
    judge(subject, by('alice', { request: { options: { fieldManager: 'kustomize-controller' } } })),
    'refused',
  )
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: 'u' }]
  const owned = { object: { ...before, metadata: { ...before.metadata, ownerReferences } } }
  assert.equal(judge(subject, by('alice', owned)), 'refused')
  assert.equal(judge(subject, by('alice', metadata({ note: 'new' }))), 'allowed')
  assert.equal(judge(subject, by('alice', metadata({}))), 'allowed')
  for (const annotation of ['kustomize.toolkit.fluxcd.io/reconcile', 'lockstep.dev/drift', 'lockstep.dev/lock'])
    assert.equal(judge(subject, by('alice', metadata({ [annotation]: 'x' }))), 'refused', annotation)
  assert.equal(judge(subject, by('alice', metadata({ 'lockstep.dev/break-glass': 'x' }))), 'allowed')
})

test('the engine passes, a service account only when the engine acts as it', () => {
  assert.equal(judge(subject, by('system:serviceaccount:flux-system:lockstep', change)), 'passed by')
  assert.equal(judge(subject, by('system:serviceaccount:shop:deployer', change)), 'refused')
  const extra = { 'lockstep.dev/engine': ['reconcile'] }
  assert.equal(judge(subject, by('system:serviceaccount:shop:deployer', change, [], extra)), 'passed by')
  assert.equal(judge(subject, by('system:serviceaccount:shop:other', change, [], extra)), 'refused')
})

test('the parts of Kubernetes pass, by their exact names', () => {
  const names = [
    'generic-garbage-collector',
    'namespace-controller',
    'horizontal-pod-autoscaler',
    'deployment-controller',
  ]
  for (const name of names)
    assert.equal(judge(subject, by(`system:serviceaccount:kube-system:${name}`, removal)), 'passed by', name)
  assert.equal(judge(subject, by('system:node:a', removal, ['system:nodes'])), 'passed by')
  assert.equal(judge(subject, by('system:serviceaccount:kube-system:somebody', removal)), 'refused')
  assert.equal(judge(subject, by('system:anonymous', removal)), 'refused')
})

test('an open lock lets a group pass, and nobody else', () => {
  const open = { ...subject, group: 'on"call' }
  assert.equal(judge(open, by('bob', removal, ['on"call'])), 'allowed')
  assert.equal(judge(open, by('alice', removal, ['developers'])), 'refused')
  assert.equal(judge(subject, by('bob', removal, ['on"call'])), 'refused')
})

test('ignored fields are free, and objects that Git wants to be made only once', () => {
  const ignoring = { ...subject, ignored: [['data', 'a']] }
  assert.equal(judge(ignoring, by('alice', change)), 'allowed')
  assert.equal(judge(ignoring, by('alice', { object: taken('b') })), 'refused')
  const annotations = { 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' }
  const once = { ...before, metadata: { ...before.metadata, annotations } }
  assert.equal(
    judge(subject, by('alice', { oldObject: once, object: { ...taken('a'), metadata: once.metadata } })),
    'allowed',
  )
  assert.equal(judge(subject, by('alice', { ...removal, oldObject: once })), 'refused')
})

test('scaling is refused where the number of replicas is managed', () => {
  const lock = { ...subject, scaled: ['deployments.apps/shop/web'] }
  const scale = (name: string, replicas: number) =>
    by('alice', {
      oldObject: { spec: { replicas: 1 } },
      object: { spec: { replicas } },
      request: { name, resource: { group: 'apps', version: 'v1', resource: 'deployments' } },
    })
  assert.equal(judge(lock, scale('web', 2), 2), 'refused')
  assert.equal(judge(lock, scale('web', 1), 2), 'allowed')
  assert.equal(judge(lock, scale('other', 2), 2), 'allowed')
  const others = Array.from({ length: 450 }, (_, index) => `deployments.apps/shop/other-${index}`)
  assert.equal(judge({ ...lock, scaled: [...others, ...lock.scaled] }, scale('web', 2), 2), 'refused')
  assert.equal(judge({ ...lock, scaled: others }, scale('web', 2), 2), 'allowed')
  assert.equal(lockObjects(subject).length, 2)
})

test('the objects of a lock', () => {
  const [policy, binding] = lockObjects({ ...subject, actor: undefined, mode: 'Warn' })
  const { matchConditions: _, validations, variables: __, ...spec } = policy!['spec'] as unknown as Policy & JsonObject
  assert.deepEqual(
    { ...policy, spec, message: validations[0]?.message },
    load(`
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: shop.app.lock.lockstep.dev
  labels:
    app.kubernetes.io/managed-by: lockstep
    lockstep.dev/lock: "true"
  annotations:
    lockstep.dev/locked-by: shop/app
spec:
  failurePolicy: Fail
  matchConstraints:
    matchPolicy: Equivalent
    namespaceSelector: {}
    objectSelector:
      matchLabels:
        kustomize.toolkit.fluxcd.io/name: app
        kustomize.toolkit.fluxcd.io/namespace: shop
    resourceRules:
    - apiGroups: ["*"]
      apiVersions: ["*"]
      resources: ["*"]
      operations: [UPDATE, DELETE]
      scope: "*"
message: "managed by Kustomization shop/app from https://git.example/fleet.git, path ./apps, branch main: change it there, not by hand"
`),
  )
  assert.deepEqual(binding?.['spec'], {
    policyName: 'shop.app.lock.lockstep.dev',
    validationActions: ['Warn', 'Audit'],
  })
})

test('field sets are compared but for what is ignored', () => {
  const name = fc.constantFrom('f:a', 'f:b', 'f:c')
  const fields = fc.letrec<{ set: JsonObject }>(tie => ({
    set: fc.oneof(
      { maxDepth: 3 },
      fc.constant({}),
      fc.dictionary(name, tie('set'), { maxKeys: 3 }),
    ) as fc.Arbitrary<JsonObject>,
  })).set
  const paths = fc.array(fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }), { maxLength: 3 })
  fc.assert(
    fc.property(fields, fields, paths, (a, b, except) => {
      const { condition, variables } = sameFields('x', 'y', except)
      const values: Record<string, JsonValue> = {}
      for (const { expression, name: variable } of variables)
        values[variable] = evaluate(expression, { x: a, y: b, variables: values })
      assert.equal(evaluate(condition, { variables: values }), leaves(a, except) === leaves(b, except))
    }),
  )
})

/** A field set without ignored fields, nor sets that are empty without them on the way there, as a text. */
function leaves(set: JsonObject, except: readonly (readonly string[])[]): string {
  const ways = new Set(except.flatMap(path => path.map((_, end) => path.slice(0, end + 1).join('/'))))
  const list = (value: JsonValue, path: readonly string[]): readonly string[] => {
    if (except.some(each => each.join('/') === path.join('/'))) return []
    const inner = Object.entries(value as JsonObject).flatMap(([key, member]) => list(member!, [...path, key.slice(2)]))
    return ways.has(path.join('/')) || path.length === 0 ? inner : [path.join('/'), ...inner]
  }
  return JSON.stringify([...list(set, [])].toSorted())
}
