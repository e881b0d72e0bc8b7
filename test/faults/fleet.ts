import type { JsonObject } from '../../src/manifest/json.ts'
import type { CommitFiles } from '../support/git-server.ts'
import type { Random } from '../support/kube-sequences/random.ts'

/** One application. */
export interface Application {
  /** ConfigMaps with the value that each has. */
  readonly configs: Readonly<Record<string, string>>
  /** The value in its Deployment, which it has only then; its Kustomization waits for it. */
  readonly deployment?: string
  /** Of its Kustomization; 10m, so that no test gets to where it has to be by waiting for the interval. */
  readonly interval?: string
}

/** What Git holds: applications by name, each a Kustomization of its own that one above all of them installs. */
export type Fleet = Readonly<Record<string, Application>>

export const NAMESPACE = 'fleet'
export const ROOT = 'all'
const LEAST = 2
const MOST = 6

/** The objects of an application as they are in Git, and as they have to be in the cluster. */
export function objectsOf(name: string, { configs, deployment }: Application): readonly JsonObject[] {
  const metadata = (object: string) => ({ name: object, namespace: NAMESPACE })
  const maps = Object.entries(configs).map(([config, value]) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadata(config),
    data: { value },
  }))
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(name),
    spec: { selector: { app: name }, ports: [{ port: 80 }] },
  }
  if (deployment === undefined) return [...maps, service]
  const labels = { app: name }
  const containers = [{ name: 'app', image: 'example.test/app:1', env: [{ name: 'VALUE', value: deployment }] }]
  const template = { metadata: { labels }, spec: { containers } }
  const spec = { replicas: 1, selector: { matchLabels: labels }, template }
  return [...maps, service, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: metadata(name), spec }]
}

/** The Kustomization above all. */
export function rootKustomization(): JsonObject {
  return kustomization(ROOT, './fleet', '10m', false)
}

export function kustomizationOf(name: string, { deployment, interval = '10m' }: Application): JsonObject {
  return kustomization(name, `./apps/${name}`, interval, deployment !== undefined)
}

function kustomization(name: string, path: string, interval: string, wait: boolean): JsonObject {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      interval,
      retryInterval: '2s',
      timeout: '1m',
      path,
      prune: true,
      wait,
      sourceRef: { kind: 'GitRepository', name: 'fleet' },
    },
  }
}

function fileOf(objects: readonly JsonObject[]): string {
  return objects.map(object => `${JSON.stringify(object, undefined, 2)}\n`).join('---\n')
}

/** Every file of the repository. */
export function filesOf(fleet: Fleet): Readonly<Record<string, string>> {
  const kustomizations = Object.entries(fleet).map(([name, application]) => [
    `fleet/${name}.yaml`,
    fileOf([kustomizationOf(name, application)]),
  ])
  const applications = Object.entries(fleet).map(([name, application]) => [
    `apps/${name}/all.yaml`,
    fileOf(objectsOf(name, application)),
  ])
  return Object.fromEntries([...kustomizations, ...applications])
}

/** What a commit has to hold to get from one fleet to the next. */
export function filesBetween(before: Fleet, after: Fleet): CommitFiles {
  const [old, next] = [filesOf(before), filesOf(after)]
  const gone = Object.keys(old).filter(file => !(file in next))
  const changed = Object.entries(next).filter(([file, text]) => old[file] !== text)
  return Object.fromEntries([...gone.map(file => [file, null]), ...changed])
}

function someConfigs(name: string, random: Random, version: number): Readonly<Record<string, string>> {
  const count = 2 + random.below(4)
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${name}-${version}-${index}`, `v${version}`]))
}

function upgraded(name: string, { configs, ...rest }: Application, random: Random, version: number): Application {
  const kept = random.some(Object.entries(configs))
  const changed = kept.map(([config, value]) => [config, random.chance(0.5) ? `v${version}` : value])
  const added = random.chance(0.6) ? someConfigs(name, random, version) : {}
  const isRolled = rest.deployment !== undefined && random.chance(0.5)
  return {
    ...rest,
    configs: { ...Object.fromEntries(changed), ...added },
    ...(isRolled && { deployment: `v${version}` }),
  }
}

/**
 * The fleet after one more commit: applications come, change and lose objects, and go. No name comes back, so that whatever
 * the cluster has of one that went is a remainder.
 */
export function nextFleet(fleet: Fleet, random: Random, version: number): Fleet {
  const names = Object.keys(fleet)
  const gone = names.length > LEAST ? random.some(names).slice(0, random.below(2)) : []
  const stays = Object.entries(fleet).filter(([name]) => !gone.includes(name))
  const changed = stays.map(([name, application]) => [
    name,
    random.chance(0.5) ? upgraded(name, application, random, version) : application,
  ])
  const isNew = stays.length < LEAST || (stays.length < MOST && random.chance(0.5))
  const name = `app-${version}`
  const added = {
    configs: someConfigs(name, random, version),
    ...(random.chance(0.3) && { deployment: `v${version}` }),
  }
  return { ...Object.fromEntries(changed), ...(isNew && { [name]: added }) }
}
