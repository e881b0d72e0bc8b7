import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kustomization } from '../../api/kustomization.ts'
import { findCycle, unmetDependency } from './dependencies.ts'

function kustomization(
  name: string,
  dependsOn: readonly string[],
  state: { ready?: boolean; at?: string } = {},
): Kustomization {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace: 'apps', generation: 1 },
    spec: {
      interval: '10m',
      prune: true,
      sourceRef: { kind: 'GitRepository', name: 'repo' },
      dependsOn: dependsOn.map(each => ({ name: each })),
    },
    status: {
      observedGeneration: 1,
      conditions:
        state.ready === undefined
          ? []
          : [
              {
                type: 'Ready',
                status: state.ready ? 'True' : 'False',
                reason: 'Any',
                message: '',
                lastTransitionTime: '2026-11-21T10:00:00Z',
              },
            ],
      ...(state.at !== undefined && { lastAppliedRevision: state.at }),
    },
  }
}

function view(...all: Kustomization[]) {
  const byKey = new Map(all.map(each => [`apps/${each.metadata.name}`, each]))
  return { get: (key: string) => byKey.get(key), evaluate: () => undefined, revision: 'main@sha1:2' }
}

test('a dependency has to exist, to be ready, and to be at the same revision', () => {
  const app = kustomization('app', ['infra'])
  assert.equal(
    unmetDependency(app, view(app)),
    `dependency 'apps/infra' not found: kustomizations.kustomize.toolkit.fluxcd.io "infra" not found`,
  )
  const problem = (infra: Kustomization) => unmetDependency(app, view(app, infra))
  assert.equal(problem(kustomization('infra', [])), "dependency 'apps/infra' is not ready")
  assert.equal(problem(kustomization('infra', [], { ready: false })), "dependency 'apps/infra' is not ready")
  assert.equal(
    problem(kustomization('infra', [], { ready: true, at: 'main@sha1:1' })),
    "dependency 'apps/infra' revision is not up to date",
  )
  assert.equal(problem(kustomization('infra', [], { ready: true, at: 'main@sha1:2' })), undefined)
})

test('a suspended dependency is named as the reason', () => {
  const app = kustomization('app', ['infra'])
  const infra = kustomization('infra', [], { ready: true, at: 'main@sha1:1' })
  const suspended: Kustomization = { ...infra, spec: { ...infra.spec, suspend: true } }
  assert.equal(
    unmetDependency(app, view(app, suspended)),
    "dependency 'apps/infra' revision is not up to date (it is suspended)",
  )
})

test('a circle is found from each of its members and from nobody else', () => {
  const a = kustomization('a', ['b'])
  const b = kustomization('b', ['c'])
  const c = kustomization('c', ['a'])
  const outside = kustomization('outside', ['a'])
  const { get } = view(a, b, c, outside)
  assert.deepEqual(findCycle(a, get), ['apps/a', 'apps/b', 'apps/c', 'apps/a'])
  assert.deepEqual(findCycle(c, get), ['apps/c', 'apps/a', 'apps/b', 'apps/c'])
  assert.equal(findCycle(outside, get), undefined)
})

test('objects that are no Kustomizations are no Kustomizations of the same name', () => {
  const app = kustomization('app', [])
  const on = (...dependsOn: NonNullable<Kustomization['spec']['dependsOn']>): Kustomization => ({
    ...app,
    spec: { ...app.spec, dependsOn },
  })
  const gate = on({ apiVersion: 'v1', kind: 'ConfigMap', name: 'app' })
  assert.equal(unmetDependency(gate, view(gate)), undefined)
  assert.equal(findCycle(gate, view(gate).get), undefined)
  const named = on({ apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', name: 'app' })
  assert.deepEqual(findCycle(named, view(named).get), ['apps/app', 'apps/app'])
  const other = on({ apiVersion: 'example.com/v1', kind: 'Kustomization', name: 'app' })
  assert.equal(unmetDependency(other, view(other)), undefined)
})
