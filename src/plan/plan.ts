import type { Diagnostic } from '../manifest/diagnostic.ts'
import type { JsonObject } from '../manifest/json.ts'
import { type KubeObject, type ObjectRef, refOf } from '../manifest/object.ts'
import type { Sourced } from '../manifest/rendered.ts'
import type { ChangeEntry, ChangeSet, FieldChange, Stage } from './change-set.ts'
import { cleanUpPatch, type ManagerRule, managersToReplace } from './clean-up.ts'
import { type DesiredOptions, findDuplicates, findEncrypted, prepare } from './desired.ts'
import { contentDigest } from './drift.ts'
import { ownedFields } from './field-set.ts'
import { digestOf } from './fingerprint.ts'
import { type IgnoreRules, NO_IGNORE_RULES, resolveIgnored, withoutTaken } from './ignore.ts'
import { type InventoryEntry, inventoryEntry, inventoryRefs, staleEntries } from './inventory.ts'
import type { LiveState, LiveView } from './live-view.ts'
import { isSecret, maskPatch } from './mask.ts'
import { matchLive } from './match-live.ts'
import { diffContent, diffMetadata } from './object-diff.ts'
import { compareRefs, type GroupKinds, STAGES, stageOf } from './order.ts'
import { guardPrune } from './prune-guard.ts'
import { type DriftReporting, toldOnly } from './report-drift.ts'
import { asStored } from './server-defaults.ts'
import { belongsTo, isForeign, type Switches, switchesOf } from './switches.ts'
import { candidateOf } from './target.ts'

/** How a Kustomization wants its objects handled. */
export interface PlanPolicy extends DesiredOptions {
  /** Field manager of the apply. */
  readonly manager: string
  /** Managers whose fields are taken over, beside kubectl's. */
  readonly overrideManagers?: readonly string[]
  readonly prune: boolean
  readonly force: boolean
  readonly customStages?: GroupKinds
  readonly ignore?: IgnoreRules
  /** What is owned so far; objects of it that are not desired any more are pruned. */
  readonly inventory: readonly InventoryEntry[]
  /** What to do about objects that another Kustomization labels as its own: take them over as Flux does, or leave them. */
  readonly onForeign?: 'take' | 'leave'
  /** Whether nothing, or next to nothing, may be left of the inventory. */
  readonly mayPruneAll?: boolean
  /** Whose drift is told instead of undone; nobody's by default. */
  readonly reporting?: DriftReporting
}

/** What is desired. Errors among the diagnostics mean that it is not to be trusted: nothing is planned then. */
export interface Desired {
  readonly objects: readonly Sourced[]
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Compares what is desired with what is known of the cluster. Pure: the same values give the same change set. Objects whose
 * state is unknown are planned as `configure` with the cause `unknown-state`; whoever executes the set looks first.
 */
export function plan(desired: Desired, live: LiveView, policy: PlanPolicy): ChangeSet {
  const objects = prepare(desired.objects, policy)
  const diagnostics = [...desired.diagnostics, ...findEncrypted(desired.objects), ...findDuplicates(objects)]
  const refused = { owner: policy.owner, stages: [], prune: [], inventory: policy.inventory }
  if (diagnostics.some(({ severity }) => severity === 'error')) return { ...refused, diagnostics }

  const inventory = objects.map(({ object }) => inventoryEntry(refOf(object)))
  const stale = policy.prune ? staleEntries(policy.inventory, inventory) : []
  const guard =
    policy.mayPruneAll === true ? undefined : guardPrune(objects.length, stale.length, policy.inventory.length)
  if (guard !== undefined) return { ...refused, diagnostics: [...diagnostics, guard] }

  return {
    owner: policy.owner,
    stages: planStages(objects, live, policy),
    prune: planPrune(stale, live, policy),
    inventory,
    diagnostics,
  }
}

function planStages(objects: readonly Sourced[], live: LiveView, policy: PlanPolicy): readonly Stage[] {
  const rules = managersToReplace(policy.manager, policy.overrideManagers)
  const custom = policy.customStages ?? new Set<string>()
  const sorted = objects
    .map(sourced => ({ sourced, ref: refOf(sourced.object) }))
    .toSorted((a, b) => compareRefs(a.ref, b.ref))
  const staged = Map.groupBy(sorted, ({ ref }) => stageOf(ref, custom))
  return STAGES.flatMap((name): readonly Stage[] => {
    const members = staged.get(name)
    if (members === undefined) return []
    const entries = members.map(({ sourced, ref }) => planObject(sourced, live(ref), policy, rules))
    return [{ name, wait: name === 'definitions' || name === 'classes', entries }]
  })
}

/** What of a policy one object's plan depends on. */
type ObjectPolicy = Pick<PlanPolicy, 'owner' | 'manager' | 'force' | 'ignore' | 'onForeign' | 'reporting'>

/** Plans one prepared object against what is known of it. */
export function planObject(
  sourced: Sourced,
  live: LiveState,
  policy: ObjectPolicy,
  rules: readonly ManagerRule[],
): ChangeEntry {
  return toldOnly(planRepair(sourced, live, policy, rules), live, policy.reporting, policy.manager)
}

function planRepair(
  { object, origin, explain }: Sourced,
  live: LiveState,
  policy: ObjectPolicy,
  rules: readonly ManagerRule[],
): ChangeEntry {
  const switches = switchesOf(object.metadata)
  const digest = digestOf(object)
  const base = {
    ref: refOf(object),
    desired: object,
    digest,
    changes: [],
    force: policy.force || switches.force || liveSwitches(live).force,
    ...(origin === undefined ? {} : { origin }),
    ...(explain === undefined ? {} : { explain }),
    ...liveIdentity(live),
  }
  if (switches.ignored || liveSwitches(live).ignored) return { ...base, action: 'skip', cause: 'ignored' }
  if (live.state === 'absent') return { ...base, action: 'create', cause: 'absent' }
  if (live.state === 'unknown') return { ...base, action: 'configure', cause: 'unknown-state' }
  if (switches.ifNotPresent) return { ...base, action: 'skip', cause: 'present' }
  if (live.state === 'applied') {
    if (digest === live.digest) return { ...base, action: 'unchanged', cause: 'in-sync' }
    // Ignored fields take their value from the live object, which is not at hand here.
    const cause = (policy.ignore ?? NO_IGNORE_RULES).pathsFor(candidateOf(object)).length > 0
    return { ...base, action: 'configure', cause: cause ? 'unknown-state' : 'source-changed' }
  }
  if (policy.onForeign === 'leave' && isForeign(policy.owner, live.object.metadata))
    return { ...base, action: 'conflict', cause: 'foreign' }
  const planned = planKnown(object, live.object, policy, rules)
  if (planned.action === 'unchanged' || base.live === undefined) return { ...base, ...planned }
  return { ...base, ...planned, live: { ...base.live, content: contentDigest(live.object) } }
}

function planKnown(
  object: KubeObject,
  live: KubeObject,
  policy: Pick<PlanPolicy, 'manager' | 'ignore'>,
  rules: readonly ManagerRule[],
): Pick<ChangeEntry, 'action' | 'cause' | 'changes' | 'desired'> & {
  readonly cleanUp?: ChangeEntry['cleanUp'] & object
} {
  const paths = (policy.ignore ?? NO_IGNORE_RULES).pathsFor(candidateOf(object))
  const desired = resolveIgnored(object, live, paths, policy.manager)
  const cleanUp = cleanUpPatch(live, object, policy.manager, rules)
  const changes = fieldChanges(live, desired)
  if (cleanUp.length > 0) return { action: 'configure', cause: 'clean-up', changes, desired, cleanUp }
  const match = matchLive(withoutTaken(desired, live, paths, policy.manager), live, policy.manager)
  if (match === 'same') return { action: 'unchanged', cause: 'in-sync', changes: [], desired }
  if (match === 'unsure') return { action: 'configure', cause: 'unverified', changes, desired }
  const cause = ownedFields(live, policy.manager) === undefined ? 'not-owned' : 'drifted'
  return { action: 'configure', cause, changes, desired }
}

/** The fields of `desired` that are different on the live object. What only the live object has is not ours to tell. */
export function fieldChanges(live: KubeObject, desired: KubeObject): readonly FieldChange[] {
  const [x, y] = [live as unknown as JsonObject, asStored(desired) as unknown as JsonObject]
  const patch = [...diffMetadata(x, y), ...diffContent(x, y).filter(({ op }) => op !== 'remove')]
  const shown = isSecret(desired) ? maskPatch(patch) : patch
  return shown.map(({ path, before, value }) => ({
    path,
    ...(before === undefined ? {} : { before }),
    ...(value === undefined ? {} : { after: value }),
  }))
}

function planPrune(stale: readonly InventoryEntry[], live: LiveView, policy: PlanPolicy): readonly ChangeEntry[] {
  return inventoryRefs(stale)
    .toSorted((a, b) => compareRefs(b, a))
    .map(ref => planDeletion(ref, live(ref), policy.owner, 'removed-from-source'))
}

/** Plans the deletion of one object: only what still carries the owner's labels goes, and only if no switch keeps it. */
export function planDeletion(
  ref: ObjectRef,
  live: LiveState,
  owner: PlanPolicy['owner'],
  cause: 'removed-from-source' | 'owner-deleted',
): ChangeEntry {
  const base = { ref, changes: [], force: false, ...liveIdentity(live) }
  if (live.state === 'absent') return { ...base, action: 'prune', cause: 'gone' }
  if (live.state === 'unknown') return { ...base, action: 'prune', cause: 'unknown-state' }
  const metadata = live.state === 'object' ? live.object.metadata : live.metadata
  if (metadata !== undefined && !belongsTo(owner, metadata)) return { ...base, action: 'skip', cause: 'foreign' }
  const switches = liveSwitches(live)
  if (switches.keep) return { ...base, action: 'skip', cause: 'kept' }
  return switches.ignored ? { ...base, action: 'skip', cause: 'ignored' } : { ...base, action: 'prune', cause }
}

function liveSwitches(live: LiveState): Switches {
  return switchesOf(
    live.state === 'object' ? live.object.metadata : live.state === 'applied' ? live.metadata : undefined,
  )
}

function liveIdentity(live: LiveState): Pick<ChangeEntry, 'live'> {
  const identity = live.state === 'object' ? live.object.metadata : live.state === 'applied' ? live : undefined
  if (identity === undefined) return {}
  return { live: { uid: identity.uid ?? '', resourceVersion: identity.resourceVersion ?? '' } }
}
