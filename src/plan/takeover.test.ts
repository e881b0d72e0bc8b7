import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { loadAll } from 'js-yaml'
import { type KubeObject, refOf } from '../manifest/object.ts'
import { isQuiet } from './change-set.ts'
import { describeChanges } from './describe.ts'
import { viewOf } from './live-view.ts'
import { plan } from './plan.ts'

const folder = process.env['LOCKSTEP_RECORDINGS'] ?? path.resolve(import.meta.dirname, '../../../shared/recordings')
const recordings = path.join(folder, 'flux')

interface Recording {
  readonly log: readonly {
    readonly step?: { readonly files?: Record<string, string | null>; readonly create?: KubeObject }
  }[]
  readonly final: readonly KubeObject[]
}

/** The files of the source at the end of a scenario. */
function filesOf(recording: Recording): Record<string, string> {
  const files: Record<string, string> = {}
  for (const { step } of recording.log) {
    for (const [name, text] of Object.entries(step?.files ?? {})) {
      if (text === null) delete files[name]
      else files[name] = text
    }
  }
  return files
}

function planFor(recording: Recording) {
  const kustomization = recording.final.find(object => object.kind === 'Kustomization')
  const spec = kustomization?.['spec'] as { readonly targetNamespace?: string; readonly path?: string } | undefined
  const inventory = (kustomization?.['status'] as { inventory?: { entries?: { id: string; v: string }[] } } | undefined)
    ?.inventory?.entries
  if (kustomization === undefined || spec === undefined || inventory === undefined) return undefined
  const objects = Object.entries(filesOf(recording))
    .filter(([name]) => name.startsWith('app/') && name.endsWith('.yaml'))
    .flatMap(([, text]) => loadAll(text) as KubeObject[])
    .map(object => ({
      object: {
        ...object,
        metadata: {
          ...object.metadata,
          ...(object.kind === 'CustomResourceDefinition' || spec.targetNamespace === undefined
            ? {}
            : { namespace: spec.targetNamespace }),
        },
      } as KubeObject,
    }))
  const { name, namespace = '' } = kustomization.metadata
  const live = viewOf(
    recording.final.map(object => ({ ref: refOf(object), state: { state: 'object', object } as const })),
  )
  const owner = { name, namespace }
  const policy = { owner, manager: 'kustomize-controller', prune: true, force: false, inventory }
  return { changes: plan({ objects, diagnostics: [] }, live, policy), inventory }
}

/** Scenarios whose sources are plain files, so that no renderer is needed here. */
const PLAIN = [
  'health-timeout',
  'immutable-then-force',
  'install-nowait-change-prune',
  'install-wait',
  'suspend-resume',
  'unchanged-requested',
]

for (const scenario of existsSync(recordings) ? PLAIN : []) {
  test(`taking over what Flux left after ${scenario} writes nothing`, () => {
    assert.ok(readdirSync(recordings).includes(`${scenario}.json`))
    const recording = JSON.parse(readFileSync(path.join(recordings, `${scenario}.json`), 'utf8')) as Recording
    const planned = planFor(recording)
    assert.ok(planned !== undefined)
    assert.equal(describeChanges(planned.changes), '')
    assert.ok(isQuiet(planned.changes))
    const byId = (a: { id: string }, b: { id: string }) => a.id.localeCompare(b.id)
    assert.deepEqual(planned.changes.inventory.toSorted(byId), planned.inventory.toSorted(byId))
  })
}
