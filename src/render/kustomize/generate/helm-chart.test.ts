import assert from 'node:assert/strict'
import { it } from 'node:test'
import { built } from '../../../../test/support/kustomize.ts'
import type { ChartRun } from '../loader.ts'

const files = {
  'kustomization.yaml': `helmCharts:
- name: web
  releaseName: shop
  namespace: prod
  valuesInline:
    replicas: 3
namePrefix: x-
`,
  'charts/web/Chart.yaml': 'name: web\n',
  'charts/web/values.yaml': 'replicas: 1\ncolor: blue\n',
}

it('renders the chart with merged values and goes on with what comes out', async () => {
  const runs: ChartRun[] = []
  const yaml = await built(files, '', {
    helm: true,
    charts: {
      pull: () => Promise.reject(new Error('not needed')),
      template: run => {
        runs.push(run)
        return Promise.resolve('apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n')
      },
    },
  })
  assert.equal(yaml, 'apiVersion: v1\nkind: Service\nmetadata:\n  name: x-web\n')
  assert.deepEqual(
    runs.map(run => [run.name, run.releaseName, run.values, run.arguments, [...run.files.keys()]]),
    [['web', 'shop', 'color: blue\nreplicas: 3\n', ['--namespace', 'prod'], ['Chart.yaml', 'values.yaml']]],
  )
})

it('refuses charts unless they are allowed', async () => {
  assert.match(await built(files), /must specify --enable-helm/)
  assert.match(await built(files, '', { helm: true }), /no helm command is available/)
})
