import type { Kustomization } from '../../api/kustomization.ts'
import type { KubeClient } from '../../kube/client-types.ts'
import type { KubeObject } from '../../manifest/object.ts'
import type { Rendered } from '../../manifest/rendered.ts'
import type { BuildCache } from '../../render/kustomize/memo.ts'
import type { LiveObjects } from '../live-objects.ts'
import type { LockKeeper } from '../lock/lock-keeper.ts'
import type { ReportedDrift } from './describe-drift.ts'
import type { Expectations } from './expectations.ts'
import { type Strays, straysOf } from './strays.ts'

/** A cluster that Kustomizations apply to: how to reach it, and what is known of it. */
export interface Target {
  /** Acts as Lockstep itself; for watching and discovery. */
  readonly observer: KubeClient
  /** Acts as whom the Kustomization names. */
  readonly actor: KubeClient
  readonly live: LiveObjects
  readonly expectations: Expectations
  /** ConfigMaps and Secrets of others that are labelled to be watched. */
  readonly configs: LiveObjects
  /** Looks after the locks on this cluster. */
  readonly locks: LockKeeper
  /** Looks at what became of an object while its expectation was being set up. */
  verify(owner: string, applied: KubeObject): void
}

/** The last rendering and what it was made from. */
export interface RenderMemo {
  /** Digest of the spec and the variables. */
  readonly inputs: string
  readonly rendered: Rendered
}

/** What is kept in memory of one Kustomization between its runs. All of it can be made again. */
export interface Workspace {
  readonly strays: Strays
  memo: RenderMemo | undefined
  /** Bases that the last rendering used. */
  bases?: BuildCache | undefined
  /** Told about each rendering, and whether the last one was still right. */
  onRender?: ((recalled: boolean) => void) | undefined
  /** ConfigMaps and Secrets that its workloads restart with and that it does not apply itself (`Checksummed.follows`). */
  follows?: ReadonlySet<string> | undefined
  /** The drift that is only told, a line per object; undefined before the first look. */
  drift?: readonly string[] | undefined
  /** Told about the drift that is left alone, after each look. */
  onDrift?: ((drifts: readonly ReportedDrift[]) => void) | undefined
  /** It has objects that the restored source does not explain, and goes on when the remote has answered. */
  waitsForSource?: boolean
}

/** For a Kustomization that this process has not worked on yet. */
export function emptyWorkspace(kustomization: Kustomization): Workspace {
  return { strays: straysOf(kustomization), memo: undefined }
}
