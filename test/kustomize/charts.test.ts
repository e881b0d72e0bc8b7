import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { memoryTree } from '../../src/source/memory-tree.ts'
import { cacheRoot } from '../cluster/cache.ts'
import { buildByBinary, buildNatively, inFolder, kustomizeBinary } from './oracle.ts'

const kustomize = kustomizeBinary() ?? ''
const helm = path.join(cacheRoot(), 'tools', 'helm3')
const missing = kustomize === '' || !existsSync(helm) ? 'no kustomize or no helm in the tools folder' : false

const chart = (version: string): Readonly<Record<string, string>> => ({
  'Chart.yaml': `apiVersion: v2\nname: shop\nversion: ${version}\n`,
  'values.yaml': 'replicas: 1\ncolors: [red]\nservice:\n  port: 80\n  name: front\n',
  'crds/widget.yaml': `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.example.com
`,
  'templates/deployment.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-shop
  namespace: {{ .Release.Namespace }}
  labels: {chart: "{{ .Chart.Name }}-{{ .Chart.Version }}"}
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      containers:
      - name: shop
        image: shop:{{ .Chart.Version }}
        args: {{ toJson .Values.colors }}
        envFrom:
        - configMapRef:
            name: settings
`,
  'templates/service.yaml': `apiVersion: v1
kind: Service
metadata:
  name: {{ .Values.service.name | quote }}
  annotations:
    kube: {{ .Capabilities.KubeVersion.Version | quote }}
    apis: '{{ .Capabilities.APIVersions.Has "example.com/v1" }}'
spec:
  ports:
  - port: {{ .Values.service.port }}
`,
  'templates/hook.yaml': `apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  annotations:
    helm.sh/hook: pre-install
`,
  'templates/tests/test.yaml': `apiVersion: v1
kind: Pod
metadata:
  name: try
  annotations:
    helm.sh/hook: test
`,
})

const under = (folder: string, files: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]))

/** Kustomizations by what they try; `REPO` is the address of a repository with shop 1.0.0, 1.1.0 and 2.0.0-beta.1. */
const cases: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'the newest version of a repository': {
    'kustomization.yaml': 'helmCharts:\n- {name: shop, repo: REPO, releaseName: r}\n',
  },
  'a version of a repository': {
    'kustomization.yaml': 'helmCharts:\n- {name: shop, repo: REPO, version: 1.0.0, releaseName: r}\n',
  },
  'several versions at once': {
    'kustomization.yaml': `helmCharts:
- {name: shop, repo: REPO, version: 1.0.0, releaseName: old, valuesInline: {service: {name: old}}, skipHooks: true}
- {name: shop, repo: REPO, version: 1.1.0, releaseName: new, valuesInline: {service: {name: new}}, skipHooks: true}
`,
  },
  'a version in development': {
    'kustomization.yaml': 'helmCharts:\n- {name: shop, repo: REPO, version: ">1.1.0-0", devel: true, releaseName: r}\n',
  },
  'a version that is not there': {
    'kustomization.yaml': 'helmCharts:\n- {name: shop, repo: REPO, version: 9.9.9, releaseName: r}\n',
  },
  'custom resource definitions, tests and hooks': {
    'kustomization.yaml':
      'helmCharts:\n- {name: shop, repo: REPO, releaseName: r, includeCRDs: true, skipTests: true, skipHooks: true}\n',
  },
  'values of a file and of the kustomization': {
    'kustomization.yaml': `helmCharts:
- {name: shop, repo: REPO, releaseName: r, valuesFile: mine.yaml, valuesInline: {replicas: 7, colors: [green]}}
`,
    'mine.yaml': 'replicas: 3\nservice: {port: 8080, name: mine}\n',
  },
  'values where those of the file win': {
    'kustomization.yaml':
      'helmCharts:\n- {name: shop, repo: REPO, releaseName: r, valuesInline: {replicas: 7, colors: [a, b]}, valuesMerge: merge}\n',
  },
  'values that stand in for the file': {
    'kustomization.yaml': `helmCharts:
- name: shop
  repo: REPO
  releaseName: r
  valuesInline: {replicas: 7, colors: [a], service: {port: 1, name: "true"}}
  valuesMerge: replace
`,
  },
  'several files of values': {
    'kustomization.yaml':
      'helmCharts:\n- {name: shop, repo: REPO, releaseName: r, additionalValuesFiles: [a.yaml, b.yaml]}\n',
    'a.yaml': 'replicas: 2\n',
    'b.yaml': 'replicas: 5\ncolors: [blue]\n',
  },
  'the versions of a cluster': {
    'kustomization.yaml':
      'helmCharts:\n- {name: shop, repo: REPO, releaseName: r, kubeVersion: "1.31", apiVersions: [example.com/v1]}\n',
  },
  'the namespace of the chart, and of the kustomization': {
    'kustomization.yaml':
      'namespace: ours\nhelmCharts:\n- {name: shop, repo: REPO, releaseName: r, namespace: theirs}\n- {name: shop, repo: REPO, releaseName: s, valuesInline: {service: {name: s}}, skipHooks: true}\n',
  },
  'a chart among the files, and a name by template': {
    'kustomization.yaml': 'helmGlobals: {chartHome: local}\nhelmCharts:\n- {name: shop, nameTemplate: "made"}\n',
    ...under('local/shop', chart('0.1.0')),
  },
  'a chart of a base, changed by the overlay': {
    'kustomization.yaml': `resources: [base]
namePrefix: x-
configMapGenerator:
- {name: settings, literals: [a=b]}
patches:
- target: {kind: Deployment}
  patch: '[{"op": "replace", "path": "/spec/replicas", "value": 9}]'
`,
    'base/kustomization.yaml': 'helmCharts:\n- {name: shop, releaseName: r}\n',
    ...under('base/charts/shop', chart('0.1.0')),
  },
  'a chart that is nowhere': { 'kustomization.yaml': 'helmCharts:\n- {name: gone, releaseName: r}\n' },
  'the field of old': {
    'kustomization.yaml':
      'helmChartInflationGenerator:\n- {chartName: shop, chartRepoUrl: REPO, chartVersion: 1.0.0, releaseName: r}\n',
  },
  'a generator in a file': {
    'kustomization.yaml': 'generators: [generator.yaml]\n',
    'generator.yaml': `apiVersion: builtin
kind: HelmChartInflationGenerator
metadata:
  name: any
name: shop
repo: REPO
releaseName: r
debug: true
`,
  },
}

describe('charts come out as the real kustomize renders them', { skip: missing }, () => {
  let folder = ''
  const server = createServer((request, response) => {
    readFile(path.join(folder, 'repository', path.basename(request.url ?? ''))).then(
      bytes => response.end(bytes),
      () => response.writeHead(404).end(),
    )
  })
  let repository = ''

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lockstep-charts-'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    repository = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    for (const version of ['1.0.0', '1.1.0', '2.0.0-beta.1']) {
      for (const [name, text] of Object.entries(under(`${version}/shop`, chart(version)))) {
        await mkdir(path.dirname(path.join(folder, name)), { recursive: true })
        await writeFile(path.join(folder, name), text)
      }
      execFileSync(helm, ['package', path.join(folder, version, 'shop'), '-d', path.join(folder, 'repository')])
    }
    execFileSync(helm, ['repo', 'index', path.join(folder, 'repository'), '--url', repository])
  })
  after(async () => {
    server.close()
    await rm(folder, { recursive: true, force: true })
  })

  for (const [what, files] of Object.entries(cases))
    it(what, async () => {
      const written = Object.fromEntries(
        Object.entries(files).map(([name, text]) => [name, text.replaceAll('REPO', repository)]),
      )
      await inFolder(written, async at => {
        const ours = await buildNatively(memoryTree(written), '', at, { helmCommand: helm })
        const theirs = await buildByBinary(kustomize, at, { helmCommand: helm })
        assert.equal(ours.yaml, theirs.yaml)
        assert.equal(ours.error === undefined, theirs.error === undefined, `${ours.error}\n${theirs.error}`)
      })
    })
})
