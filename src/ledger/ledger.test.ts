import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, test } from 'node:test'
import type { Fact, Ledger } from './ledger.ts'
import { openSqliteLedger } from './sqlite.ts'

const applied: Fact = {
  kind: 'object.configured',
  at: '2026-11-21T10:00:00.000Z',
  cluster: 'production',
  actor: 'Ada <ada@example.test>',
  subject: 'Kustomization/flux-system/apps',
  object: 'Deployment/apps/web',
  revision: 'main@sha1:aaaa',
  outcome: 'ok',
  durationMs: 12.5,
  data: { fields: [{ path: 'spec.replicas', before: 1, after: 2 }] },
}
const finished: Fact = {
  kind: 'reconcile.finished',
  at: '2026-11-21T10:00:01.000Z',
  cluster: 'production',
  subject: 'Kustomization/flux-system/apps',
  revision: 'main@sha1:aaaa',
  outcome: 'ok',
}
const elsewhere: Fact = { ...finished, at: '2026-11-21T11:00:00.000Z', subject: 'Kustomization/flux-system/infra' }

/** Every ledger has to behave like this. */
function conformance(name: string, open: () => Ledger): void {
  describe(name, () => {
    test('gives back what was appended, newest first, fields that were absent still absent', async () => {
      const ledger = open()
      ledger.append([applied, finished])
      ledger.append([elsewhere])
      assert.deepEqual(await ledger.query({}), [
        { sequence: 3, ...elsewhere },
        { sequence: 2, ...finished },
        { sequence: 1, ...applied },
      ])
      await ledger.close()
    })

    test('selects by every condition at once', async () => {
      const ledger = open()
      ledger.append([applied, finished, elsewhere])
      const subject = 'Kustomization/flux-system/apps'
      const kinds = async (query: Parameters<Ledger['query']>[0]) => (await ledger.query(query)).map(fact => fact.kind)
      assert.deepEqual(await kinds({ subject }), ['reconcile.finished', 'object.configured'])
      assert.deepEqual(await kinds({ subject, kind: 'object.configured' }), ['object.configured'])
      assert.deepEqual(await kinds({ object: 'Deployment/apps/web' }), ['object.configured'])
      assert.deepEqual(await kinds({ since: '2026-11-21T10:00:01.000Z', until: '2026-11-21T11:00:00.000Z' }), [
        'reconcile.finished',
      ])
      assert.deepEqual(await kinds({ revision: "x' or 1=1 --" }), [])
      await ledger.close()
    })

    test('pages backwards by sequence', async () => {
      const ledger = open()
      ledger.append([applied, finished, elsewhere])
      const [first] = await ledger.query({ limit: 1 })
      const rest = await ledger.query({ before: first?.sequence ?? 0 })
      assert.deepEqual(
        rest.map(fact => fact.sequence),
        [2, 1],
      )
      await ledger.close()
    })
  })
}

conformance('SQLite in memory', () => openSqliteLedger(':memory:'))

test('a SQLite file keeps its facts over restarts', async t => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ledger-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = path.join(folder, 'ledger.db')
  const before = openSqliteLedger(file)
  before.append([applied])
  await before.close()
  const after = openSqliteLedger(file)
  after.append([finished])
  assert.equal((await after.query({})).length, 2)
  await after.close()
})
