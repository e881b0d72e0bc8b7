import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { inventoryId, mergeEntries, parseInventoryEntry, staleEntries } from './inventory.ts'

test('an id has four parts, and empty ones are kept', () => {
  const configMap = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'conf' }
  assert.equal(inventoryId(configMap), 'shop_conf__ConfigMap')
  const namespace = { group: '', version: 'v1', kind: 'Namespace', namespace: '', name: 'shop' }
  assert.equal(inventoryId(namespace), '_shop__Namespace')
  const role = {
    group: 'rbac.authorization.k8s.io',
    version: 'v1',
    kind: 'ClusterRole',
    namespace: '',
    name: 'system:x',
  }
  assert.equal(inventoryId(role), '_system__x_rbac.authorization.k8s.io_ClusterRole')
})

test('what is no id is nothing', () => {
  for (const id of ['', 'shop', 'shop_conf', 'shop_conf_', '____', 'a_b_c_d_e'])
    assert.equal(parseInventoryEntry({ id, v: 'v1' }), undefined, id)
})

test('stale entries are those whose object is not there any more; a new version is no other object', () => {
  const old = [
    { id: 'shop_a__ConfigMap', v: 'v1' },
    { id: 'shop_b_autoscaling_HorizontalPodAutoscaler', v: 'v1' },
  ]
  assert.deepEqual(staleEntries(old, [{ id: 'shop_b_autoscaling_HorizontalPodAutoscaler', v: 'v2' }]), [old[0]])
  assert.deepEqual(mergeEntries([old[1]!], old), [old[1], old[0]])
})

const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,20}[a-z0-9])?$/)
const rbac = fc.record({
  group: fc.constant('rbac.authorization.k8s.io'),
  version: fc.constant('v1'),
  kind: fc.constantFrom('Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'),
  namespace: fc.constantFrom('', 'shop'),
  name: fc.array(name, { minLength: 1, maxLength: 3 }).map(parts => parts.join(':')),
})
const other = fc.record({
  group: fc.constantFrom('', 'apps', 'cert-manager.io'),
  version: fc.constantFrom('v1', 'v1beta1'),
  kind: fc.constantFrom('ConfigMap', 'Deployment', 'Certificate'),
  namespace: fc.oneof(fc.constant(''), name),
  name,
})

test('every identity survives the way through an id', () => {
  fc.assert(
    fc.property(fc.oneof(rbac, other), ref => {
      assert.deepEqual(parseInventoryEntry({ id: inventoryId(ref), v: ref.version }), { ...ref })
    }),
  )
})
