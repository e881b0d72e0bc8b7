import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fact, Ledger } from '../../ledger/ledger.ts'
import { formatMetrics } from './format.ts'
import { createMetrics } from './metrics.ts'
import { resourceFamilies } from './resource-metrics.ts'

const KEY = 'Kustomization/flux-system/apps'

const kustomization = {
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { name: 'apps', namespace: 'flux-system' },
  spec: { path: './apps', sourceRef: { kind: 'GitRepository', name: 'fleet' }, suspend: true },
  status: {
    conditions: [{ type: 'Ready', status: 'False' }],
    lastAppliedRevision: 'main@sha1:abc',
  },
}

test('objects are told as dashboards for Flux expect them', () => {
  assert.equal(
    formatMetrics(resourceFamilies([kustomization])),
    `# HELP gotk_reconcile_condition The state of a condition of an object: 1 for the status that it has.
# TYPE gotk_reconcile_condition gauge
gotk_reconcile_condition{kind="Kustomization",name="apps",namespace="flux-system",status="True",type="Ready"} 0
gotk_reconcile_condition{kind="Kustomization",name="apps",namespace="flux-system",status="False",type="Ready"} 1
gotk_reconcile_condition{kind="Kustomization",name="apps",namespace="flux-system",status="Unknown",type="Ready"} 0
gotk_reconcile_condition{kind="Kustomization",name="apps",namespace="flux-system",status="Deleted",type="Ready"} 0
# HELP gotk_suspend_status Whether an object is suspended.
# TYPE gotk_suspend_status gauge
gotk_suspend_status{kind="Kustomization",name="apps",namespace="flux-system"} 1
# HELP gotk_resource_info What an object is at, in its labels.
# TYPE gotk_resource_info gauge
gotk_resource_info{customresource_group="kustomize.toolkit.fluxcd.io",customresource_kind="Kustomization",customresource_version="v1",exported_namespace="flux-system",name="apps",path="./apps",ready="False",revision="main@sha1:abc",source_kind="GitRepository",source_name="fleet",suspended="true"} 1
`,
  )
})

function ledgerOf(facts: Fact[]): Ledger {
  return { append: more => void facts.push(...more), query: async () => [], close: async () => {} }
}

function linesOf(text: string, name: string): string[] {
  return text.split('\n').filter(line => line.startsWith(name))
}

test('runs, failures, drift, renderings and requests are counted', t => {
  const metrics = createMetrics({ concurrency: 8, leader: () => ({ name: 'lease', leading: true }) })
  t.after(() => metrics.close())
  const facts: Fact[] = []
  const ledger = metrics.counted(ledgerOf(facts))
  const common = { at: '2026-01-02T03:04:05Z', cluster: 'test', subject: KEY }
  metrics.watch({ inspect: () => ({ objects: [kustomization], queued: ['GitRepository/flux-system/fleet'] }) })

  metrics.observer.queued(KEY)
  metrics.observer.started(KEY)
  metrics.observer.rendered(false)
  const drift = { line: '', changes: [], by: 'kubectl-edit' }
  metrics.observer.drifted(KEY, [{ ...drift, object: 'Secret/shop/gone', fields: [] }])
  metrics.observer.drifted(KEY, [{ ...drift, object: 'ConfigMap/shop/conf', fields: ['/data/a', '/data/b'] }])
  ledger.append([{ ...common, kind: 'drift.reverted', outcome: 'ok' }])
  ledger.append([{ ...common, kind: 'reconcile.finished', outcome: 'ok' }])
  metrics.observer.ended(KEY, 'requeue_after', 250)
  metrics.observer.started(KEY)
  metrics.observer.rendered(true)
  ledger.append([{ ...common, kind: 'reconcile.failed', outcome: 'failed' }])
  metrics.observer.ended(KEY, 'requeue_after', 1)
  metrics.observer.started(KEY)
  const request = { group: 'apps', resource: 'deployments', subresource: '', milliseconds: 1, dryRun: false }
  metrics.request('10.0.0.1:6443', { ...request, verb: 'apply', code: 200 })
  metrics.request('10.0.0.1:6443', { ...request, verb: 'get', code: 0, dryRun: true })

  const text = metrics.text()
  assert.equal(facts.length, 3)
  assert.equal(linesOf(text, 'lockstep_drift_reported').length, 1)
  const expected = [
    'controller_runtime_reconcile_total{controller="kustomization",result="error"} 1',
    'controller_runtime_reconcile_total{controller="kustomization",result="requeue_after"} 1',
    'controller_runtime_reconcile_errors_total{controller="kustomization"} 1',
    'controller_runtime_reconcile_errors_total{controller="gitrepository"} 0',
    'controller_runtime_active_workers{controller="kustomization"} 1',
    'controller_runtime_max_concurrent_reconciles{controller="kustomization"} 8',
    'workqueue_depth{controller="gitrepository",name="gitrepository"} 1',
    'workqueue_depth{controller="kustomization",name="kustomization"} 0',
    'workqueue_adds_total{controller="kustomization",name="kustomization"} 1',
    'workqueue_queue_duration_seconds_count{controller="kustomization",name="kustomization"} 1',
    'workqueue_work_duration_seconds_count{controller="kustomization",name="kustomization"} 2',
    'workqueue_retries_total{controller="kustomization",name="kustomization"} 2',
    'workqueue_longest_running_processor_seconds{controller="gitrepository",name="gitrepository"} 0',
    'controller_runtime_reconcile_panics_total{controller="kustomization"} 0',
    'gotk_reconcile_duration_seconds_bucket{kind="Kustomization",le="0.1471764538093883",name="apps",namespace="flux-system"} 1',
    'gotk_reconcile_duration_seconds_bucket{kind="Kustomization",le="0.5646216173286169",name="apps",namespace="flux-system"} 2',
    'gotk_reconcile_duration_seconds_sum{kind="Kustomization",name="apps",namespace="flux-system"} 0.251',
    'lockstep_drift_reverted_total{kind="Kustomization",name="apps",namespace="flux-system"} 1',
    'lockstep_drift_reported{by="kubectl-edit",fields="/data/a,/data/b",kind="Kustomization",name="apps",namespace="flux-system",object="ConfigMap/shop/conf"} 2',
    'lockstep_reconcile_outcomes_total{fact="reconcile.failed",kind="Kustomization",outcome="failed"} 1',
    'lockstep_renders_total{cache="hit"} 1',
    'leader_election_master_status{name="lease"} 1',
    'rest_client_requests_total{code="200",host="10.0.0.1:6443",method="PATCH"} 1',
    'rest_client_requests_total{code="<error>",host="10.0.0.1:6443",method="GET"} 1',
    'lockstep_api_requests_total{code="200",dry_run="false",resource="deployments.apps",verb="apply"} 1',
  ]
  for (const line of expected) assert.ok(text.split('\n').includes(line), `${line}\nis not in\n${text}`)
  for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds'])
    assert.equal(linesOf(text, name).length, 1, name)
})

test('the series of an object end with it', t => {
  const metrics = createMetrics({ concurrency: 1, leader: () => ({ name: 'lease', leading: false }) })
  t.after(() => metrics.close())
  metrics.observer.started(KEY)
  metrics.observer.ended(KEY, 'success', 5)
  assert.notDeepEqual(linesOf(metrics.text(), 'gotk_'), [])
  metrics.observer.forget(KEY)
  assert.deepEqual(linesOf(metrics.text(), 'gotk_'), [])
})
