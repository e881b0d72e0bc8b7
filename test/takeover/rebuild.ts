import { load } from 'js-yaml'
import type { KubeClient } from '../../src/kube/client-types.ts'
import { untilServed } from '../../src/kube/until-served.ts'
import type { JsonObject, JsonValue } from '../../src/manifest/json.ts'
import { type KubeObject, type ObjectRef, refKey, refOf } from '../../src/manifest/object.ts'
import { type InventoryEntry, parseInventoryEntry } from '../../src/plan/inventory.ts'
import { stepsOf } from '../recordings/recording.ts'
import { commit, FLUX_KINDS, type Player, type Replay, renameIn } from '../recordings/replay.ts'

const OWNER_LABELS = 'kustomize.toolkit.fluxcd.io'

/** What a server gives an object, and will not take from anybody. */
const SERVERS_OWN = ['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields']

function withoutServersOwn({ metadata, status: _, ...rest }: KubeObject & { readonly status?: unknown }): KubeObject {
  const kept = Object.entries(metadata).filter(([key]) => !SERVERS_OWN.includes(key))
  const object = { ...rest, metadata: Object.fromEntries(kept) } as unknown as KubeObject
  if (object.kind !== 'Service') return object
  const { clusterIP: _ip, clusterIPs: _ips, ...spec } = object['spec'] as JsonObject
  return { ...object, spec }
}

/** Writes an object as it was recorded: its status, its generation, and who owns which of its fields since when. */
async function put(object: KubeObject, user: KubeClient): Promise<void> {
  const ref = refOf(object)
  const as = { fieldManager: 'rebuild' }
  const { generation = 1, managedFields = [] } = object.metadata
  const spec = object['spec'] as JsonObject | undefined
  const isServed = object.kind in FLUX_KINDS
  const first = isServed && generation > 1 ? { ...object, spec: { ...spec, interval: '1h1m' } } : object
  await user.create(withoutServersOwn(first), as)
  for (let each = 2; isServed && each <= generation; each++) {
    const interval = each === generation ? (spec?.['interval'] as string) : `${each}h1m`
    await user.patch(ref, { spec: { interval } }, { type: 'merge', ...as })
  }
  const status = object['status'] as JsonValue | undefined
  if (status !== undefined) await user.patch(ref, { status }, { type: 'merge', subresource: 'status', ...as })
  const owners = [{ op: 'replace', path: '/metadata/managedFields', value: managedFields }] as unknown as JsonValue
  await user.patch(ref, owners, { type: 'json', ...as })
}

/** The objects that the repository of a recording holds at the end. */
function manifestsIn({ recording }: Replay): readonly KubeObject[] {
  const files = new Map<string, string | null>()
  for (const step of stepsOf(recording)) {
    if (typeof step !== 'object' || !('commit' in step)) continue
    for (const [file, text] of Object.entries(step.files)) files.set(file, text)
  }
  const texts = [...files].flatMap(([file, text]) => (file.endsWith('.yaml') && text !== null ? [text] : []))
  return texts.map(text => load(text) as KubeObject)
}

/** What a Kustomization had applied, as its inventory says. */
export function inventoryOf(kustomization: KubeObject): readonly ObjectRef[] {
  const status = (kustomization['status'] ?? {}) as {
    readonly inventory?: { readonly entries: readonly InventoryEntry[] }
  }
  return (status.inventory?.entries ?? []).flatMap(entry => parseInventoryEntry(entry) ?? [])
}

/** Applies what is in an inventory but was not recorded, as Flux had applied it: from the repository, with its labels. */
async function applyUnrecorded(kustomization: KubeObject, replay: Replay, user: KubeClient): Promise<void> {
  const recorded = new Set(replay.recording.final.map(object => refKey(refOf(object))))
  const { name, namespace } = kustomization.metadata
  const labels = { [`${OWNER_LABELS}/name`]: name, [`${OWNER_LABELS}/namespace`]: namespace ?? '' }
  for (const ref of inventoryOf(kustomization).filter(each => !recorded.has(refKey(each)))) {
    const manifest = manifestsIn(replay).find(each => each.kind === ref.kind && each.metadata.name === ref.name)
    if (manifest === undefined) throw new Error(`${refKey(ref)} is neither recorded nor in the repository`)
    const metadata = { ...manifest.metadata, labels, ...(ref.namespace !== '' && { namespace: ref.namespace }) }
    await untilServed(user, ref)
    await user.apply({ ...manifest, metadata }, { fieldManager: 'kustomize-controller', force: true })
  }
}

/** What Flux has left of a recording, on a cluster that nothing else acts on; gives the objects that are there now. */
export async function rebuild(replay: Replay, player: Player): Promise<readonly KubeObject[]> {
  const { user } = player
  await user.create(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: replay.namespace } },
    { fieldManager: 'user' },
  )
  const recorded = new Set(replay.recording.final.map(object => refKey(refOf(object))))
  for (const step of stepsOf(replay.recording)) {
    if (typeof step !== 'object') continue
    if ('commit' in step) await commit(step, replay, player)
    const isRecorded = 'create' in step && (step.create.kind in FLUX_KINDS || recorded.has(refKey(refOf(step.create))))
    if ('create' in step && !isRecorded) await user.create(step.create, { fieldManager: 'user' })
  }
  const final = renameIn(replay.recording.final, replay)
  for (const object of final) if (object.kind === 'Kustomization') await applyUnrecorded(object, replay, user)
  for (const object of final) await put(object, user)
  return final
}
