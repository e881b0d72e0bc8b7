import { readFileSync } from 'node:fs'
import { loadAll } from 'js-yaml'
import type { JsonObject } from '../../src/manifest/json.ts'
import type { KubeObject } from '../../src/manifest/object.ts'
import type { RecordedStep } from './recording.ts'
import { RECORDED_HOST } from './replay.ts'

interface Given {
  /** `repo` or `app` where it is left out. */
  readonly name?: string
  readonly metadata?: JsonObject
  /** Laid over what most scenarios have; null takes a field away. */
  readonly spec?: JsonObject
}

/** A step as in a recording; commits without their `sha`, objects without their namespace, and three common ones in short. */
type WrittenStep =
  | RecordedStep
  | { readonly repository: Given }
  | { readonly kustomization: Given }
  /** Asks for a reconciliation of `Kind/name`. */
  | { readonly request: string; readonly at: string }

/** With `files`, it begins with a commit of them, a repository and a Kustomization of this `spec`, until all is quiet. */
interface WrittenScenario {
  readonly scenario: string
  readonly files?: Readonly<Record<string, string>>
  readonly spec?: JsonObject
  readonly steps?: readonly WrittenStep[]
}

export interface Scenario {
  readonly scenario: string
  readonly steps: readonly RecordedStep[]
}

function over(common: JsonObject, own: JsonObject = {}): JsonObject {
  return Object.fromEntries(Object.entries({ ...common, ...own }).filter(([, value]) => value !== null))
}

function expand(step: WrittenStep, index: number, scenario: string): RecordedStep {
  if (typeof step !== 'object') return step
  const namespace = `rec-${scenario}`
  if ('repository' in step) {
    const { name = 'repo', spec } = step.repository
    const common = { interval: '10m', url: `${RECORDED_HOST}/${scenario}-${name}.git`, ref: { branch: 'main' } }
    const apiVersion = 'source.toolkit.fluxcd.io/v1'
    return { create: { apiVersion, kind: 'GitRepository', metadata: { name, namespace }, spec: over(common, spec) } }
  }
  if ('kustomization' in step) {
    const { name = 'app', metadata = {}, spec } = step.kustomization
    const common = {
      interval: '10m',
      retryInterval: '10m',
      timeout: '30s',
      path: './app',
      prune: true,
      sourceRef: { kind: 'GitRepository', name: 'repo' },
      targetNamespace: namespace,
    }
    const apiVersion = 'kustomize.toolkit.fluxcd.io/v1'
    const meta = { ...metadata, name, namespace }
    return { create: { apiVersion, kind: 'Kustomization', metadata: meta, spec: over(common, spec) } }
  }
  if ('request' in step) {
    const [kind = '', name = ''] = step.request.split('/')
    const patch = { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': step.at } } }
    return { patch: { kind, name, patch } }
  }
  if ('commit' in step) return { ...step, sha: `sha-of-step-${index}` }
  if (!('create' in step)) return step
  return { create: { ...step.create, metadata: { namespace, ...step.create.metadata } } as KubeObject }
}

/** Reads a file of scenarios, a document each. */
export function readScenarios(file: string): readonly Scenario[] {
  return (loadAll(readFileSync(file, 'utf8')) as WrittenScenario[]).map(({ scenario, files, spec, steps = [] }) => {
    const beginning: readonly WrittenStep[] =
      files === undefined
        ? []
        : [
            { commit: 'first', files, sha: '' },
            { repository: {} },
            { kustomization: { ...(spec !== undefined && { spec }) } },
            'settled',
          ]
    const whole = [...beginning, ...steps].map((step, index) => expand(step, index, scenario))
    return { scenario, steps: whole.at(-1) === 'settled' ? whole : [...whole, 'settled'] }
  })
}
