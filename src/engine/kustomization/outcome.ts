/** What a reconciliation is at; the words are those that Flux shows while it goes on. */
export type Phase = 'fetching' | 'building' | 'applying' | 'checking'

/** What belongs to a Kustomization on the cluster: entries of `status.inventory`. */
export type Inventory = readonly { readonly id: string; readonly v: string }[]

interface Attempt {
  readonly revision: string
  readonly originRevision?: string
}

/** It cannot start yet; nothing was tried. */
export interface Waiting {
  readonly kind: 'waiting'
  readonly reason: 'ArtifactFailed' | 'DependencyNotReady'
  readonly message: string
  /** Of the source, where there is one. */
  readonly revision?: string
}

/** It takes long enough to say so. */
export interface Progressing extends Attempt {
  readonly kind: 'progressing'
  readonly phase: Phase
  readonly inventory?: Inventory
}

export interface Succeeded extends Attempt {
  readonly kind: 'succeeded'
  readonly digest: string
  readonly inventory: Inventory
  readonly durationMs: number
  /** `Health check passed in …`; absent where nothing was waited for. */
  readonly health?: string
  /** Nothing had to be done, and nobody waits to hear of it: that the revision moves on is worth a status but no event. */
  readonly quiet?: boolean
}

/** It will be tried again. What is on the cluster stays as it is. */
export interface Failed extends Attempt {
  readonly kind: 'failed'
  readonly phase: Phase
  readonly reason:
    | 'ArtifactFailed'
    | 'BuildFailed'
    | 'ReconciliationFailed'
    | 'HealthCheckFailed'
    | 'HealthCheckCanceled'
    | 'PruneFailed'
  readonly message: string
  readonly durationMs: number
  /** Known once it was rendered; the history is kept from then on. */
  readonly digest?: string
  /** Known once something was applied. */
  readonly inventory?: Inventory
  /** Message of the Healthy condition, where the health check is what failed. */
  readonly health?: string
}

/** Trying again cannot help before somebody changes the spec. */
export interface Stalled {
  readonly kind: 'stalled'
  readonly reason: 'InvalidCELExpression' | 'AccessDenied' | 'FeatureGateDisabled'
  readonly message: string
}

/** What an expression in the spec does wrong, after the words that Flux puts before it. */
export function invalidExpression(problem: string): Stalled {
  const message = `Reconciliation failed terminally due to configuration error: ${problem}`
  return { kind: 'stalled', reason: 'InvalidCELExpression', message }
}

/** How a reconciliation went, as its status, its events and the ledger tell it. */
export type Outcome = Waiting | Progressing | Succeeded | Failed | Stalled
