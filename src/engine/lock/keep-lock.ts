import { type Condition, findCondition } from '../../api/condition.ts'
import type { Kustomization } from '../../api/kustomization.ts'
import { ApiError } from '../../kube/cluster.ts'
import { refOf } from '../../manifest/object.ts'
import { parsePointer } from '../../plan/pointer.ts'
import type { EngineContext } from '../context.ts'
import { APPLY_MANAGER } from '../kustomization/expectations.ts'
import { managedBy } from '../kustomization/live-view.ts'
import { ownerOf } from '../kustomization/owner.ts'
import { setOwnCondition } from '../kustomization/set-own-condition.ts'
import { actorOf, type Targets } from '../kustomization/targets.ts'
import { describeSource } from './describe-source.ts'
import { lockNames, lockObjects } from './lock-policy.ts'
import { type LockRequest, lockRequestOf } from './lock-request.ts'
import { scaledObjects } from './scaled-objects.ts'
import { type LockState, tellLock } from './tell-lock.ts'

interface LockDeps {
  readonly context: EngineContext
  readonly targets: Targets
}

const WORDS = {
  Deny: 'manual changes are refused',
  Warn: 'manual changes are allowed with a warning',
  Audit: 'manual changes are noted in the audit log',
} as const

function stateOf(kustomization: Kustomization, { mode, open, problem }: LockRequest): LockState {
  const policy = `ValidatingAdmissionPolicy ${lockNames(ownerOf(kustomization)).fields}`
  if (open !== undefined) {
    const until = new Date(open.until).toISOString()
    const message = `open for group "${open.group}" until ${until}: ${open.reason}; changes are left alone until then`
    return { status: 'True', reason: 'BreakGlass', message }
  }
  const message = `${WORDS[mode]} by ${policy}`
  return { status: 'True', reason: mode, message: problem === undefined ? message : `${message}; ${problem}` }
}

function failedState(error: unknown): LockState {
  const reason = error instanceof Error ? error.message : String(error)
  const isMissing = error instanceof ApiError && error.code === 404
  const hint = isMissing
    ? 'the cluster has no admission policies: Kubernetes has them from 1.30 on'
    : 'the lock is not as asked for; drift is undone all the same'
  return { status: 'False', reason: 'LockFailed', message: `${reason} (${hint})` }
}

async function lock(kustomization: Kustomization, { mode, open }: LockRequest, deps: LockDeps): Promise<void> {
  const { context, targets } = deps
  const target = await targets.of(kustomization)
  const ignored = (kustomization.spec.ignore ?? []).flatMap(({ paths }) => paths.map(parsePointer))
  const owner = ownerOf(kustomization)
  const isScaleFree = ignored.some(path => path.join('/') === 'spec/replicas')
  const objects = lockObjects({
    owner,
    mode,
    source: describeSource(kustomization, context.objects),
    manager: APPLY_MANAGER,
    engine: await target.locks.identity(),
    actor: actorOf(kustomization, context.settings.defaultServiceAccount),
    group: open?.group,
    ignored,
    scaled: isScaleFree ? [] : await scaledObjects(managedBy(owner, target), APPLY_MANAGER, target.observer),
  })
  await target.locks.set(owner, objects)
}

function lockedCondition({ status }: Kustomization): Condition | undefined {
  return findCondition(status?.conditions, 'Locked')
}

/**
 * Writes the lock that a Kustomization asks for, or takes away the one that it no longer asks for, and tells about it as the
 * condition `Locked`, an event and a fact. A lock that cannot be written does not keep anything from being applied.
 * Gives the milliseconds until an open break-glass is over; undefined where none is open.
 */
export async function keepLock(kustomization: Kustomization, deps: LockDeps): Promise<number | undefined> {
  const { context, targets } = deps
  const known = (context.objects.get(refOf(kustomization)) ?? kustomization) as Kustomization
  const now = context.clock.now()
  const request = lockRequestOf(known, now)
  const before = lockedCondition(known)
  if (request === undefined && before === undefined) return undefined
  let state: LockState | undefined
  try {
    if (request === undefined) await (await targets.of(known)).locks.remove(ownerOf(known))
    else if (typeof request === 'string') throw new Error(request)
    else {
      await lock(known, request, deps)
      state = stateOf(known, request)
    }
  } catch (error) {
    state = failedState(error)
  }
  tellLock(known, before, state, context)
  await setOwnCondition(known, 'Locked', state, context)
  return typeof request === 'object' && request.open !== undefined ? request.open.until - now : undefined
}

/** Takes away the lock of a Kustomization that ends or is gone, where it had one. Rejects where that fails. */
export async function removeLock(kustomization: Kustomization, targets: Targets): Promise<void> {
  const isAsked = lockRequestOf(kustomization, 0) !== undefined
  if (!isAsked && lockedCondition(kustomization) === undefined) return
  const target = await targets.of(kustomization)
  await target.locks.remove(ownerOf(kustomization))
}
