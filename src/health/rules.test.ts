import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../manifest/object.ts'
import { compileRule, compileRules } from './rules.ts'

function certificate(conditions: readonly object[], metadata = {}): KubeObject {
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name: 'tls', ...metadata },
    status: { conditions },
  } as never
}

const exprs = {
  apiVersion: 'cert-manager.io/v1alpha1',
  kind: 'Certificate',
  inProgress: "!status.conditions.exists(c, c.type == 'Ready')",
  failed: "status.conditions.exists(c, c.type == 'Ready' && c.status == 'False')",
  current: "status.conditions.exists(c, c.type == 'Ready' && c.status == 'True')",
}

test('the expressions are asked in the order inProgress, failed, current', () => {
  const rules = compileRules([exprs])
  assert.ok(rules.value)
  const status = (conditions: readonly object[]) => rules.value.judge(certificate(conditions), new Date()).status
  assert.equal(status([]), 'InProgress')
  assert.equal(status([{ type: 'Ready', status: 'False' }]), 'Failed')
  assert.equal(status([{ type: 'Ready', status: 'True' }]), 'Current')
  assert.equal(status([{ type: 'Ready', status: 'Unknown' }]), 'InProgress')
})

test('only the group of apiVersion counts; other kinds keep the rules of kstatus', () => {
  const rules = compileRules([exprs])
  const other = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'conf' } }
  assert.equal(rules.value?.judge(other, new Date()).message, 'Resource is always ready')
})

test('an expression that fails on an object makes the verdict Unknown and says why', () => {
  const rule = compileRule({ current: 'status.ready' })
  const verdict = rule.value?.(certificate([]))
  assert.equal(verdict?.status, 'Unknown')
  assert.equal(verdict?.message, "failed to evaluate the CEL expression 'status.ready': no such key: ready")
})

test('mistakes in the texts are reported before anything runs', () => {
  assert.equal(compileRule({}).error, 'expression Current not specified')
  assert.match(
    compileRule({ current: 'data.' }).error ?? '',
    /^failed to parse the expression Current: failed to parse/,
  )
  assert.match(compileRules([{ apiVersion: 'v1', current: '(' }]).error ?? '', /healthchecks\[0\]/)
})
