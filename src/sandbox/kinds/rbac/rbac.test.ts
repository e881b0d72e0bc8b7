import assert from 'node:assert/strict'
import { test } from 'node:test'
import yaml from 'js-yaml'
import type { KubeObject } from '../../../manifest/object.ts'
import { create, table, update } from '../testing.ts'

const binding = `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: readers}
roleRef: {kind: Role, name: reader}
subjects:
- {kind: User, name: jane}
- {kind: Group, name: staff}
- {kind: ServiceAccount, name: robot, namespace: tools}
`

test('bindings name the API group of roles, users and groups', () => {
  assert.deepEqual(
    create(yaml.load(binding)),
    yaml.load(`
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: readers, namespace: default}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: User, name: jane}
- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: staff}
- {kind: ServiceAccount, name: robot, namespace: tools}
`),
  )
})

test('the role of a binding is set once', () => {
  const changed = update(
    create(yaml.load(binding)),
    object => ({ ...object, roleRef: { kind: 'Role', name: 'writer' } }) as unknown as KubeObject,
  )
  assert.equal(
    changed,
    'RoleBinding.rbac.authorization.k8s.io "readers" is invalid: roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"writer"}: cannot change roleRef',
  )
})

test('rules say what and how', () => {
  assert.equal(
    create(
      yaml.load('{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: r}, rules: [{verbs: [get]}]}'),
    ),
    'Role.rbac.authorization.k8s.io "r" is invalid: [rules[0].apiGroups: Required value: resource rules must supply at least one api group, rules[0].resources: Required value: resource rules must supply at least one resource]',
  )
})

test('the table of a binding', () => {
  const rows = table(yaml.load(binding), '2026-01-01T00:00:00Z')
  assert.equal(
    rows,
    'NAME: readers\nROLE: Role/reader\nAGE: <unknown>\nUSERS: jane\nGROUPS: staff\nSERVICEACCOUNTS: tools/robot\n',
  )
})
