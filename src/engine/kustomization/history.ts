import { formatDuration } from '../../api/duration.ts'
import type { HistoryEntry } from '../../api/kustomization.ts'

const KEPT = 5

/** How one reconciliation ended, as far as the history of a Kustomization is concerned. */
export interface Reconciliation {
  /** Digest of the rendered objects. */
  readonly digest: string
  /** Reason of the Ready condition. */
  readonly status: string
  readonly durationMs: number
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * The history after one more reconciliation, newest first, at most five entries. The same objects with the same result
 * count up their entry instead of making another. `now` is RFC 3339.
 */
export function addToHistory(
  history: readonly HistoryEntry[] | undefined,
  { digest, status, durationMs, metadata }: Reconciliation,
  now: string,
): readonly HistoryEntry[] {
  const isSame = (entry: HistoryEntry) => entry.digest === digest && entry.lastReconciledStatus === status
  const known = history?.find(isSame)
  const entry: HistoryEntry = {
    digest,
    firstReconciled: known?.firstReconciled ?? now,
    lastReconciled: now,
    lastReconciledDuration: formatDuration(durationMs),
    lastReconciledStatus: status,
    metadata,
    totalReconciliations: (known?.totalReconciliations ?? 0) + 1,
  }
  return [entry, ...(history ?? []).filter(other => !isSame(other))].slice(0, KEPT)
}
