import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import type { JsonObject } from '../manifest/json.ts'
import type { Fact, FactQuery, Ledger, RecordedFact } from './ledger.ts'

const SCHEMA = `
create table if not exists facts (
  sequence integer primary key autoincrement,
  kind text not null,
  at text not null,
  cluster text not null,
  actor text,
  subject text not null,
  object text,
  revision text,
  outcome text,
  duration_ms real,
  message text,
  data text
) strict;
create index if not exists facts_by_subject on facts (subject, sequence);
create index if not exists facts_by_object on facts (object, sequence) where object is not null;
create index if not exists facts_by_time on facts (at);
`

const COLUMNS = 'kind, at, cluster, actor, subject, object, revision, outcome, duration_ms, message, data'

const DEFAULT_LIMIT = 100

function toRow(fact: Fact): SQLInputValue[] {
  const data = fact.data === undefined ? null : JSON.stringify(fact.data)
  const { actor = null, object = null, revision = null, outcome = null, durationMs = null, message = null } = fact
  return [fact.kind, fact.at, fact.cluster, actor, fact.subject, object, revision, outcome, durationMs, message, data]
}

function fromRow(row: Record<string, unknown>): RecordedFact {
  const { duration_ms: durationMs, data, ...rest } = row
  const present = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null))
  return {
    ...(present as unknown as RecordedFact),
    ...(typeof durationMs === 'number' && { durationMs }),
    ...(typeof data === 'string' && { data: JSON.parse(data) as JsonObject }),
  }
}

function conditionsOf(query: FactQuery): { where: string; values: SQLInputValue[] } {
  const terms: string[] = []
  const values: SQLInputValue[] = []
  const add = (term: string, value: SQLInputValue | undefined) => {
    if (value === undefined) return
    terms.push(term)
    values.push(value)
  }
  add('kind = ?', query.kind)
  add('cluster = ?', query.cluster)
  add('subject = ?', query.subject)
  add('object = ?', query.object)
  add('revision = ?', query.revision)
  add('at >= ?', query.since)
  add('at < ?', query.until)
  add('sequence < ?', query.before)
  return { where: terms.length === 0 ? '' : `where ${terms.join(' and ')}`, values }
}

/**
 * A ledger in one SQLite file, or in memory for `:memory:`. Facts are written in batches at the end of the current turn
 * of the event loop, so that appending costs the reconcile path next to nothing; `query` and `close` write first.
 */
export function openSqliteLedger(file: string): Ledger {
  const database = new DatabaseSync(file)
  database.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma busy_timeout = 5000;')
  database.exec(SCHEMA)
  const insert = database.prepare(`insert into facts (${COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  let pending: Fact[] = []
  let scheduled: NodeJS.Immediate | undefined

  function flush(): void {
    if (scheduled !== undefined) clearImmediate(scheduled)
    scheduled = undefined
    if (pending.length === 0) return
    const facts = pending
    pending = []
    database.exec('begin')
    for (const fact of facts) insert.run(...toRow(fact))
    database.exec('commit')
  }

  return {
    append(facts) {
      pending.push(...facts)
      scheduled ??= setImmediate(flush)
    },
    async query(query) {
      flush()
      const { where, values } = conditionsOf(query)
      const sql = `select sequence, ${COLUMNS} from facts ${where} order by sequence desc limit ?`
      return database
        .prepare(sql)
        .all(...values, query.limit ?? DEFAULT_LIMIT)
        .map(fromRow)
    },
    async close() {
      flush()
      database.close()
    },
  }
}
