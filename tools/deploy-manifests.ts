import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { installParts } from '../src/cli/install/manifests.ts'
import type { InstallOptions } from '../src/cli/install/options.ts'
import { version } from '../src/cli/version.ts'
import type { JsonObject } from '../src/manifest/json.ts'
import { toYaml } from '../src/manifest/yaml/to-yaml.ts'

const options: InstallOptions = {
  namespace: 'flux-system',
  version: version(),
  image: `lockstep:v${version()}`,
  restricted: true,
  logLevel: 'info',
  watchAllNamespaces: true,
}

const HEADER = '# Made by npm run deploy:manifests; change src/cli/install instead.\n'

function yamlOf(objects: readonly JsonObject[]): string {
  return HEADER + objects.map(object => `---\n${toYaml(object)}`).join('')
}

function kustomizationOf(fields: JsonObject): string {
  return HEADER + toYaml({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', ...fields })
}

function keyOf(object: JsonObject): string {
  const { name } = object['metadata'] as JsonObject
  return `${object['kind']}/${name}`
}

/** What the installation as cluster-admin has on top of the restricted one, and how its Deployment differs. */
function overlay(): Record<string, string> {
  const base = new Set(Object.values(installParts(options)).flat().map(keyOf))
  const all = Object.values(installParts({ ...options, restricted: false })).flat()
  const added = all.filter(object => !base.has(keyOf(object)))
  const deployment = all.find(object => object['kind'] === 'Deployment') as never as {
    spec: { template: { spec: { containers: readonly [{ name: string; args: string[] }] } } }
  }
  const [{ args }] = deployment.spec.template.spec.containers
  const patch = [{ op: 'replace', path: '/spec/template/spec/containers/0/args', value: args }]
  return {
    'cluster-admin/access.yaml': yamlOf(added),
    'cluster-admin/kustomization.yaml': kustomizationOf({
      resources: ['../base', 'access.yaml'],
      patches: [{ target: { kind: 'Deployment', name: 'lockstep' }, patch: toYaml(patch) }],
    }),
  }
}

/** The files of deploy/ by their path in it: `base` acts as service accounts only, `cluster-admin` may do anything. */
export function deployFiles(): Readonly<Record<string, string>> {
  const parts = Object.entries(installParts(options))
  const base = parts.map(([name, objects]): [string, string] => [`base/${name}.yaml`, yamlOf(objects)])
  return {
    ...Object.fromEntries(base),
    'base/kustomization.yaml': kustomizationOf({ resources: parts.map(([name]) => `${name}.yaml`) }),
    ...overlay(),
  }
}

if (import.meta.main) {
  const folder = path.join(import.meta.dirname, '../deploy')
  for (const [name, text] of Object.entries(deployFiles())) {
    const file = path.join(folder, name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, text)
  }
}
