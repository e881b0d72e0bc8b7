import { formatDuration } from '../../api/duration.ts'
import type { Fact, Ledger } from '../../ledger/ledger.ts'
import { shortRevision } from '../revision.ts'
import type { Terminal } from '../terminal.ts'

function short(name: string): string {
  return name.replace(/^Kustomization\/flux-system\//, '').replace(/^GitRepository\/flux-system\//, '')
}

/** What happened, in a line; undefined where nobody needs to hear it. */
export function narrate(
  fact: Fact,
): { readonly mark: 'done' | 'doing' | 'waiting' | 'fail' | 'warn'; readonly text: string } | undefined {
  const subject = short(fact.subject)
  const revision = shortRevision(fact.revision ?? '')
  switch (fact.kind) {
    case 'source.fetched':
      return {
        mark: 'doing',
        text: `${subject} fetched ${revision}${fact.message === undefined ? '' : ` "${fact.message}"`}`,
      }
    case 'source.failed':
      return { mark: 'fail', text: `${subject}: ${fact.message}` }
    case 'drift.reverted':
      return {
        mark: 'warn',
        text: `${subject} reverted a manual change of ${fact.object}${fact.actor === undefined ? '' : ` by ${fact.actor}`}`,
      }
    case 'object.created':
    case 'object.configured':
    case 'object.deleted':
      return { mark: 'doing', text: `${subject} ${fact.kind.slice('object.'.length)} ${fact.object}` }
    case 'reconcile.finished':
      return {
        mark: 'done',
        text: `${subject} is at ${revision} after ${formatDuration(Math.round(fact.durationMs ?? 0))}`,
      }
    case 'reconcile.failed':
    case 'reconcile.stalled':
      return { mark: 'fail', text: `${subject}: ${fact.message}` }
    case 'reconcile.waiting':
      return { mark: 'waiting', text: `${subject}: ${fact.message}` }
    case 'reconcile.finalized':
      return { mark: 'done', text: `${subject} was deleted` }
    default:
      return undefined
  }
}

/** A ledger that also tells people what goes in. */
export function narratedLedger(ledger: Ledger, terminal: Terminal): Ledger {
  return {
    ...ledger,
    append(facts) {
      ledger.append(facts)
      for (const fact of facts) {
        const line = narrate(fact)
        if (line !== undefined) terminal[line.mark](line.text)
      }
    },
  }
}
