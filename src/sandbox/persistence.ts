import { createPrivateKey, randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { DiagnosticError } from '../manifest/diagnostic.ts'
import type { KubeObject } from '../manifest/object.ts'
import { createTokenSigner } from './auth/token.ts'
import { type Identity, issue } from './pki/certificate.ts'
import type { Store, StoreEvent } from './store.ts'

/** What a sandbox is known by: clients that trust it and tokens that it issued outlive a restart. */
export interface Secrets {
  readonly authority: Identity
  readonly signerKey: string
  readonly adminToken: string
}

/** A data file: everything that a sandbox has, in SQLite. */
export interface DataFile {
  readonly secrets: Secrets
  /** The revision that was reached. */
  readonly revision: number
  /** Fills an empty store, and from then on writes down what happens to it. */
  attach(store: Store): void
  close(): void
}

const VERSION = 1
const AUTHORITY = { commonName: 'lockstep-sandbox' }

/** New secrets; `validity` in milliseconds since 1970. */
export function createSecrets(validity: { readonly notBefore: number; readonly notAfter: number }): Secrets {
  return {
    authority: issue({ name: AUTHORITY, use: 'authority', ...validity }),
    signerKey: createTokenSigner().key,
    adminToken: randomBytes(24).toString('hex'),
  }
}

/** Opens a data file, or makes one. Throws a `DiagnosticError` for a file that is none of ours. */
export function openDataFile(file: string, make: () => Secrets): DataFile {
  try {
    return open(file, make)
  } catch (error) {
    throw new DiagnosticError(
      [
        {
          severity: 'error',
          code: 'sandbox-data-unreadable',
          subject: file,
          message: `the sandbox's data cannot be read: ${(error as Error).message}`,
          hint: 'name another file, or delete this one to start afresh',
        },
      ],
      { cause: error },
    )
  }
}

function open(file: string, make: () => Secrets): DataFile {
  const database = new DatabaseSync(file)
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS objects (resource TEXT, namespace TEXT, name TEXT, object TEXT NOT NULL,
      PRIMARY KEY (resource, namespace, name)) WITHOUT ROWID;`)
  const read = database.prepare('SELECT value FROM facts WHERE name = ?')
  const write = database.prepare('INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)')
  const fact = (name: string) => (read.get(name) as { readonly value: string } | undefined)?.value
  const version = fact('version')
  if (version !== undefined && Number(version) !== VERSION)
    throw new Error(`it is of version ${version}, not ${VERSION}`)

  const secrets = version === undefined ? make() : restored(fact)
  if (version === undefined) {
    write.run('certificate', secrets.authority.certificate)
    write.run('key', secrets.authority.key)
    write.run('signer', secrets.signerKey)
    write.run('token', secrets.adminToken)
    write.run('revision', '1')
    write.run('version', String(VERSION))
  }

  const put = database.prepare('INSERT OR REPLACE INTO objects (resource, namespace, name, object) VALUES (?, ?, ?, ?)')
  const drop = database.prepare('DELETE FROM objects WHERE resource = ? AND namespace = ? AND name = ?')
  let pending: StoreEvent[] = []
  let scheduled = false

  function flush(): void {
    scheduled = false
    const last = pending.at(-1)
    if (last === undefined) return
    const events = pending
    pending = []
    database.exec('BEGIN')
    for (const { type, resource, current } of events)
      if (type === 'DELETED') drop.run(resource, current.namespace, current.name)
      else put.run(resource, current.namespace, current.name, current.json())
    write.run('revision', String(last.revision))
    database.exec('COMMIT')
  }

  return {
    secrets,
    revision: Number(fact('revision') ?? 1),
    attach(store) {
      const rows = database.prepare('SELECT resource, object FROM objects').iterate()
      for (const row of rows) store.restore(String(row['resource']), JSON.parse(String(row['object'])) as KubeObject)
      store.onWrite(event => {
        pending.push(event)
        if (scheduled) return
        scheduled = true
        // One transaction for all writes of a turn; a crash loses no more than that turn.
        setImmediate(flush)
      })
    },
    close() {
      flush()
      database.close()
    },
  }
}

function restored(fact: (name: string) => string | undefined): Secrets {
  const known = (name: string) => {
    const value = fact(name)
    if (value === undefined) throw new Error(`it lacks its ${name}`)
    return value
  }
  const key = known('key')
  return {
    authority: { certificate: known('certificate'), key, privateKey: createPrivateKey(key), name: AUTHORITY },
    signerKey: known('signer'),
    adminToken: known('token'),
  }
}
