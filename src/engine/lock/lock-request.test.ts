import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kustomization } from '../../api/kustomization.ts'
import { isOpen, lockRequestOf } from './lock-request.ts'

const now = Date.parse('2026-01-31T12:00:00Z')

function annotated(annotations: Record<string, string>): Kustomization {
  return { metadata: { name: 'app', namespace: 'shop', annotations } } as unknown as Kustomization
}

test('the mode, in any case', () => {
  assert.equal(lockRequestOf(annotated({}), now), undefined)
  assert.deepEqual(lockRequestOf(annotated({ 'lockstep.dev/lock': 'Deny' }), now), { mode: 'Deny' })
  assert.deepEqual(lockRequestOf(annotated({ 'lockstep.dev/lock': 'warn' }), now), { mode: 'Warn' })
  assert.equal(
    lockRequestOf(annotated({ 'lockstep.dev/lock': 'deny ' }), now),
    'lockstep.dev/lock: "deny " is none of Deny, Warn, Audit',
  )
})

test('a break-glass opens for a group until a time, for a reason', () => {
  const glass = (text: string) => annotated({ 'lockstep.dev/lock': 'Deny', 'lockstep.dev/break-glass': text })
  const until = Date.parse('2026-01-31T18:00:00Z')
  const open = glass('oidc:on-call until 2026-01-31T19:00:00+01:00: INC-42: the database is down')
  assert.deepEqual(lockRequestOf(open, now), {
    mode: 'Deny',
    open: { group: 'oidc:on-call', until, reason: 'INC-42: the database is down' },
  })
  assert.equal(isOpen(open, until - 1), true)
  assert.equal(isOpen(open, until), false)
  assert.deepEqual(lockRequestOf(open, until), { mode: 'Deny' })
  for (const text of [
    'oncall',
    'oncall until tomorrow: x',
    'oncall until 2026-01-31T18:00:00Z',
    'a b until 2026-99-31T: x',
  ])
    assert.deepEqual(lockRequestOf(glass(text), now), {
      mode: 'Deny',
      problem: 'lockstep.dev/break-glass is ignored: write it as GROUP until 2026-01-31T18:00:00Z: REASON',
    })
  assert.equal(isOpen(annotated({ 'lockstep.dev/break-glass': 'a until 2026-01-31T18:00:00Z: x' }), now), false)
})
