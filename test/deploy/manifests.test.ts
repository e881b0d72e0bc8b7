import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { buildFolder } from '../../src/cli/build/build-folder.ts'
import { installManifests } from '../../src/cli/install/manifests.ts'
import { version } from '../../src/cli/version.ts'
import { connectCluster } from '../../src/kube/client.ts'
import { loadConnection } from '../../src/kube/load-connection.ts'
import { formatRef, type KubeObject, refOf } from '../../src/manifest/object.ts'
import { deployFiles } from '../../tools/deploy-manifests.ts'

const deploy = path.join(import.meta.dirname, '../../deploy')
const kubeconfig = process.env['LOCKSTEP_KUBECONFIG']

function installed(restricted: boolean, namespace = 'flux-system'): readonly KubeObject[] {
  const objects = installManifests({
    namespace,
    version: version(),
    image: `lockstep:v${version()}`,
    restricted,
    logLevel: 'info',
    watchAllNamespaces: true,
  })
  return objects as unknown as readonly KubeObject[]
}

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

function rulesOf(objects: readonly KubeObject[]): readonly Rule[] {
  return objects.flatMap(object => (object['rules'] ?? []) as unknown as readonly Rule[])
}

interface PodSpec {
  readonly securityContext: { readonly runAsNonRoot: boolean; readonly runAsUser: number }
  readonly containers: readonly {
    readonly args: readonly string[]
    readonly securityContext: Readonly<Record<string, unknown>>
  }[]
  readonly volumes: readonly Readonly<Record<string, unknown>>[]
}

function podOf(objects: readonly KubeObject[]): PodSpec {
  const deployment = objects.find(({ kind }) => kind === 'Deployment') as unknown as {
    readonly spec: { readonly template: { readonly spec: PodSpec } }
  }
  return deployment.spec.template.spec
}

test('the files are those that npm run deploy:manifests makes', () => {
  const files = deployFiles()
  for (const [name, text] of Object.entries(files))
    assert.equal(readFileSync(path.join(deploy, name), 'utf8'), text, name)
  assert.deepEqual(globSync('**/*.yaml', { cwd: deploy }).toSorted(), Object.keys(files).toSorted())
})

for (const [folder, restricted] of [
  ['base', true],
  ['cluster-admin', false],
] as const)
  test(`deploy/${folder} builds to what lockstep install applies`, async () => {
    const { diagnostics, objects } = await buildFolder(path.join(deploy, folder), {})
    assert.deepEqual(diagnostics, [])
    const byRef = (all: readonly KubeObject[]) => Object.fromEntries(all.map(each => [formatRef(refOf(each)), each]))
    assert.deepEqual(byRef(objects), byRef(installed(restricted)))
  })

test('restricted, the engine only reads, reports on its own objects, locks, and acts as others', () => {
  const writes = rulesOf(installed(true)).flatMap(({ resources, verbs }) => {
    const beyondReading = verbs.filter(verb => !['get', 'list', 'watch'].includes(verb))
    return beyondReading.length === 0 ? [] : [`${resources.join(',')}: ${beyondReading.join(',')}`]
  })
  assert.deepEqual(writes, [
    'gitrepositories: patch',
    'kustomizations: patch',
    'gitrepositories/status: patch',
    'kustomizations/status: patch',
    'events: create,patch',
    'serviceaccounts: impersonate',
    'serviceaccounts/token: create',
    'userextras/lockstep.dev/engine: impersonate',
    'validatingadmissionpolicies,validatingadmissionpolicybindings: create,patch,delete',
    'leases: create,update',
  ])
  const roles = (objects: readonly KubeObject[]) => JSON.stringify(objects.map(each => each['roleRef']))
  assert.doesNotMatch(roles(installed(true)), /cluster-admin/)
  assert.match(roles(installed(false)), /cluster-admin/)
  for (const flag of ['--no-cross-namespace-refs=true', '--no-remote-bases=true', '--default-service-account=default'])
    assert.ok(podOf(installed(true)).containers[0]?.args.includes(flag), flag)
})

test('the Pod keeps to the restricted security standard', () => {
  const { containers, securityContext, volumes } = podOf(installed(true))
  assert.deepEqual([securityContext.runAsNonRoot, securityContext.runAsUser], [true, 65534])
  for (const container of containers)
    assert.deepEqual(container.securityContext, {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    })
  assert.deepEqual(volumes, [
    { name: 'data', emptyDir: {} },
    { name: 'tmp', emptyDir: {} },
  ])
})

const objects = [...installed(true, 'default'), ...installed(false, 'default')]
const skip = kubeconfig === undefined && `${objects.length} objects are not tried: set LOCKSTEP_KUBECONFIG to a cluster`

test('an API server takes every object with strict validation', { skip }, async t => {
  const cluster = connectCluster(await loadConnection({ ...(kubeconfig !== undefined && { kubeconfig }) }))
  t.after(() => cluster.close())
  for (const object of objects) {
    const warnings: string[] = []
    await cluster.apply(object, {
      fieldManager: 'lockstep',
      force: true,
      dryRun: true,
      fieldValidation: 'Strict',
      onWarning: text => warnings.push(text),
    })
    assert.deepEqual(warnings, [], formatRef(refOf(object)))
  }
})
