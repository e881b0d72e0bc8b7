import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { runCommand } from '../../../test/support/cli.ts'

type Files = Readonly<Record<string, string>>

async function inFolder<T>(files: Files, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-build-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
      writeFileSync(path.join(folder, name), text)
    }
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const configMap = (name: string) => `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
data:
  level: info
`

const overlay: Files = {
  'base/settings.yaml': configMap('settings'),
  'base/kustomization.yaml': 'resources: [settings.yaml]\n',
  'production/kustomization.yaml': `namespace: shop
resources: [../base]
patches:
- path: loud.yaml
`,
  'production/loud.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  level: debug
`,
}

test('build renders an overlay with its base', async () => {
  await inFolder(overlay, async folder => {
    assert.deepEqual(await runCommand(['build', path.join(folder, 'production')]), {
      exit: 0,
      stdout: `apiVersion: v1
data:
  level: debug
kind: ConfigMap
metadata:
  name: settings
  namespace: shop
`,
      stderr: '',
    })
  })
})

test('build renders a folder without a kustomization file as Flux does', async () => {
  await inFolder({ 'a.yaml': configMap('a'), 'deep/b.yaml': configMap('b') }, async folder => {
    const { stdout } = await runCommand(['build', folder])
    assert.equal(stdout.match(/name: [ab]$/gm)?.join(), 'name: a,name: b')
  })
})

test('build tells every problem with file, line and column, and nothing else', async () => {
  const files = { 'a.yaml': 'kind: [\n', 'b.yaml': configMap('b'), 'c.yaml': 'a: b: c\n' }
  await inFolder(files, async folder => {
    const { exit, stdout, stderr } = await runCommand(['build', folder])
    assert.equal(exit, 1)
    assert.equal(stdout, '')
    const lines = stderr.trimEnd().split('\n')
    assert.deepEqual(
      lines.map(line => /^.*?:\d+:\d+: /.exec(line)?.[0].replace(`${folder}/`, '')),
      ['a.yaml:2:1: ', 'c.yaml:1:5: '],
    )
  })
})

test('build --explain tells which file set a field', async () => {
  await inFolder(overlay, async folder => {
    const line = ['build', path.join(folder, 'production'), '--explain', 'ConfigMap/settings:data.level']
    const { stdout } = await runCommand(line)
    assert.match(stdout, /^ConfigMap\/settings:data\.level = "debug"\n/)
    assert.match(stdout, /base\/settings\.yaml:6:10: /)
    assert.match(stdout, /production\/loud\.yaml:6:10: /)
    const { stderr } = await runCommand(['build', path.join(folder, 'base'), '--explain', 'Secret/x:data'])
    assert.equal(stderr, '✗ --explain: there is no Secret/x; there are: ConfigMap/settings\n')
  })
})

test('build -o writes a file for each object into a folder', async () => {
  await inFolder({ 'a.yaml': configMap('a'), 'kustomization.yaml': 'resources: [a.yaml]\n' }, async folder => {
    const out = mkdtempSync(path.join(folder, 'out-'))
    await runCommand(['build', folder, '-o', out])
    assert.deepEqual(readdirSync(out), ['v1_configmap_a.yaml'])
    await runCommand(['build', folder, '-o', path.join(out, 'all.yaml')])
    assert.match(readFileSync(path.join(out, 'all.yaml'), 'utf8'), /^apiVersion: v1\n/)
  })
})

const refused: readonly (readonly [line: string, message: string])[] = [
  ['build /nowhere', '/nowhere: no such folder; give one that is there'],
  ['build . --as-current-user', '--as-current-user is not supported: function containers are never run; leave it out'],
  ['build . --reorder up', "--reorder: illegal value 'up'; use legacy or none"],
  ['build . --time-limit soon', "--time-limit: 'soon' is no duration; write it as 30s or 2m"],
  ['build ks app --path . --dry-run', '--dry-run uses no cluster, so that it needs --kustomization-file'],
]

for (const [line, message] of refused)
  test(`refuses: ${line}`, async () => {
    assert.deepEqual(await runCommand(line), { exit: 1, stdout: '', stderr: `✗ ${message}\n` })
  })

test('build asks no host that is not on the list', async () => {
  const files = { 'kustomization.yaml': 'resources:\n- https://git.example.com/org/repo.git//base\n' }
  await inFolder(files, async folder => {
    const { exit, stderr, stdout } = await runCommand(['build', folder, '--remote-hosts', 'github.com,127.0.0.1:8443'])
    assert.deepEqual({ exit, stdout }, { exit: 1, stdout: '' })
    assert.match(
      stderr,
      /kustomization\.yaml:2:3: .*'git\.example\.com' is not allowed; allowed by --remote-hosts: github\.com, 127/,
    )
  })
})

test('build kustomization renders what would be applied, without a cluster', async () => {
  const files = {
    'app/settings.yaml': configMap('settings').replace('info', '$' + '{level}'),
    'app.yaml': `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: app
  namespace: shop
spec:
  interval: 1m
  prune: true
  path: ./app
  targetNamespace: shop
  sourceRef:
    kind: GitRepository
    name: repo
  postBuild:
    substitute:
      level: warn
    substituteFrom:
    - kind: Secret
      name: only-in-the-cluster
`,
  }
  await inFolder(files, async folder => {
    const flags = [
      '--path',
      path.join(folder, 'app'),
      '--kustomization-file',
      path.join(folder, 'app.yaml'),
      '--dry-run',
    ]
    assert.deepEqual(await runCommand(['build', 'kustomization', 'app', '-n', 'shop', ...flags]), {
      exit: 0,
      stdout: `---
apiVersion: v1
data:
  level: warn
kind: ConfigMap
metadata:
  labels:
    kustomize.toolkit.fluxcd.io/name: app
    kustomize.toolkit.fluxcd.io/namespace: shop
  name: settings
  namespace: shop
`,
      stderr: '',
    })
  })
})

test('build kustomization tells places with their full path where the folder is in no clone', async () => {
  const app = { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', metadata: { name: 'app' } }
  const spec = { interval: '1m', prune: true, sourceRef: { kind: 'GitRepository', name: 'repo' } }
  await inFolder({ 'app/a.yaml': 'kind: [\n', 'app.yaml': JSON.stringify({ ...app, spec }) }, async folder => {
    const flags = [
      '--path',
      path.join(folder, 'app'),
      '--kustomization-file',
      path.join(folder, 'app.yaml'),
      '--dry-run',
    ]
    const { exit, stderr } = await runCommand(['build', 'kustomization', 'app', ...flags])
    assert.equal(exit, 1)
    assert.ok(stderr.includes(`\n${folder}/app/a.yaml:2:1: `), stderr)
  })
})
