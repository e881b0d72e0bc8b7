import assert from 'node:assert/strict'
import { test } from 'node:test'
import { about, jsonLogger, type LogLevel } from './log.ts'

const now = () => new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 678))
const apps = about({ kind: 'Kustomization', metadata: { name: 'apps', namespace: 'flux-system' } })

function linesAt(level?: LogLevel): string[] {
  const lines: string[] = []
  const log = jsonLogger(line => lines.push(line), { now, ...(level !== undefined && { level }) })
  log.debug?.('looked', apps)
  log.info('Reconciliation finished in 1s, next run in 10m0s', { ...apps, revision: 'main@sha1:abc' })
  log.error('reconciliation failed', new Error('no such path'), apps)
  return lines
}

test('lines are what flux logs reads', () => {
  assert.deepEqual(linesAt(), [
    '{"level":"info","ts":"2026-01-02T03:04:05.678Z","msg":"Reconciliation finished in 1s, next run in 10m0s","controllerKind":"Kustomization","name":"apps","namespace":"flux-system","revision":"main@sha1:abc"}\n',
    '{"level":"error","ts":"2026-01-02T03:04:05.678Z","msg":"reconciliation failed","controllerKind":"Kustomization","name":"apps","namespace":"flux-system","error":"no such path"}\n',
  ])
})

test('a level leaves out what is below it', () => {
  assert.equal(linesAt('debug').length, 3)
  assert.equal(linesAt('error').length, 1)
})
