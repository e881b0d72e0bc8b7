import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listedCluster, recordedObjects, recordedOutput, runCommand } from '../../../test/support/cli.ts'

for (const command of [
  'create ks new --source=GitRepository/repo --path=./app --prune=true --interval=5m --target-namespace=x --export',
  'create source git new --url=https://example.test/a.git --branch=main --interval=1m --export',
  'create source git new --url=https://example.test/a.git --tag-semver=">=1.0.0" --ignore-paths="a,b" --interval=1m --export',
])
  test(`prints what flux prints: ${command}`, async () => {
    assert.deepEqual(await runCommand(command.replaceAll('"', '')), recordedOutput(`flux ${command}`))
  })

test('prints a Kustomization that waits and depends on others', async () => {
  const command =
    'create ks new --source=repo --path=app --wait --health-check=Deployment/web.x --depends-on=infra,db/pg --service-account=sa --export'
  assert.deepEqual(await runCommand(command), recordedOutput(`flux ${command}`))
})

test('prints every other field of a Kustomization', async () => {
  const flags = [
    '--source=OCIRepository/charts.infra --health-check=Deployment/web.x,StatefulSet/db.x --retry-interval=90s',
    '--kubeconfig-secret-ref=remote --decryption-provider=sops --decryption-secret=keys --label=team=a --label=tier=web',
  ]
  const { stdout } = await runCommand(`create kustomization new -n apps ${flags.join(' ')} --export`)
  assert.equal(
    stdout,
    `---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  labels:
    team: a
    tier: web
  name: new
  namespace: apps
spec:
  decryption:
    provider: sops
    secretRef:
      name: keys
  healthChecks:
  - apiVersion: apps/v1
    kind: Deployment
    name: web
    namespace: x
  - apiVersion: apps/v1
    kind: StatefulSet
    name: db
    namespace: x
  interval: 1m0s
  kubeConfig:
    secretRef:
      name: remote
  path: ./
  prune: false
  retryInterval: 1m30s
  sourceRef:
    kind: OCIRepository
    name: charts
    namespace: infra
  timeout: 2m0s
`,
  )
})

const refused: readonly (readonly [line: string, message: string])[] = [
  ['create source git a', 'url is required; add --url=https://… or --url=ssh://…'],
  [
    'create source git a --url=ftp://example.test --branch=main',
    "git URL scheme of 'ftp://example.test' is not supported, can be: ssh, http and https",
  ],
  [
    'create source git a --url=https://example.test/a.git',
    'a Git ref is required, use one of --branch, --tag, --commit, --ref-name or --tag-semver',
  ],
  ['create ks A --source=repo', "name 'A' is invalid; use lower case letters, digits and '-', 63 characters at most"],
  ['create ks a', 'source is required; add --source=GitRepository/NAME'],
  [
    'create ks a --source=Chart/x',
    "source kind 'Chart' is not supported, must be one of: GitRepository, OCIRepository, Bucket, ExternalArtifact",
  ],
  ['create ks a --source=x --interval=5', "--interval: '5' is no duration; write it as 30s, 5m or 1h30m"],
]

for (const [line, message] of refused)
  test(`refuses: ${line}`, async () => {
    assert.deepEqual(await runCommand(line), { exit: 1, stdout: '', stderr: `✗ ${message}\n` })
  })

for (const command of [
  'delete ks app -n rec-missing-path -s',
  'delete source git repo -n rec-missing-path -s',
  'delete ks nope -n rec-missing-path -s',
])
  test(`prints what flux prints: ${command}`, async () => {
    const { client } = listedCluster(recordedObjects('missing-path'))
    assert.deepEqual(await runCommand(command, client), recordedOutput(`flux ${command}`))
  })
