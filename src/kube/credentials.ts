import { readFile } from 'node:fs/promises'
import type { Clock } from '../manifest/clock.ts'
import { DiagnosticError } from '../manifest/diagnostic.ts'
import type { Connection, PemSource } from './connection.ts'
import { type ExecCredential, runExecPlugin } from './exec-credential.ts'

/** What a request carries: the Authorization header and the TLS material. */
export interface Credential {
  readonly authorization?: string
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/** The credentials of one connection, kept fresh. */
export interface Credentials {
  current(): Promise<Credential>
  /** The server refused them (401). True when new ones may help, so that the request is worth another try. */
  refused(): boolean
}

/** Files are read again after a minute, as client-go does for token files. */
const FILE_LIFETIME = 60_000
/** A plugin is run again this long before its credential ends. */
const EXPIRY_MARGIN = 10_000

/** Reads files and runs plugins only when a request needs them; several requests at once share one run. */
export function openCredentials(connection: Connection, clock: Clock, env: NodeJS.ProcessEnv): Credentials {
  const { login, certificate } = connection
  const files = new Map<string, { readonly text: Promise<string>; readonly until: number }>()
  let exec: { readonly credential: Promise<ExecCredential>; ended: boolean } | undefined

  function file(path: string): Promise<string> {
    const known = files.get(path)
    if (known !== undefined && clock.elapsed() < known.until) return known.text
    const text = readFile(path, 'utf8').catch(error => {
      // A file that is being replaced may be missing for a moment: what was read before still holds.
      if (known !== undefined) return known.text
      files.delete(path)
      throw unreadable(path, error)
    })
    files.set(path, { text, until: clock.elapsed() + FILE_LIFETIME })
    return text
  }

  const pem = async (source: PemSource | undefined) =>
    source === undefined ? undefined : 'pem' in source ? source.pem : await file(source.file)

  async function plugin(): Promise<ExecCredential> {
    if (login.type !== 'exec') return {}
    const known = exec
    if (known !== undefined && !known.ended) {
      const credential = await known.credential
      if (credential.expires === undefined || clock.now() < credential.expires - EXPIRY_MARGIN) return credential
      known.ended = true
    }
    if (exec === undefined || exec.ended) {
      const credential = pem(connection.ca).then(ca => runExecPlugin(login.plugin, connection, ca, env))
      const entry = { credential, ended: false }
      credential.catch(() => {
        entry.ended = true
      })
      exec = entry
    }
    return exec.credential
  }

  async function authorization(given: ExecCredential): Promise<string | undefined> {
    switch (login.type) {
      case 'none':
        return undefined
      case 'token':
        return `Bearer ${login.token}`
      case 'token-file': {
        const token = await file(login.file).catch(error => {
          if (login.fallback === undefined) throw error
          return login.fallback
        })
        return `Bearer ${token.trim()}`
      }
      case 'basic':
        return `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`
      case 'token-source':
        return `Bearer ${await login.token()}`
      case 'exec':
        return given.token === undefined ? undefined : `Bearer ${given.token}`
    }
  }

  return {
    async current() {
      const given = await plugin()
      const header = await authorization(given)
      const ca = await pem(connection.ca)
      const cert = given.cert ?? (await pem(certificate?.cert))
      const key = given.key ?? (await pem(certificate?.key))
      return {
        ...(header !== undefined && { authorization: header }),
        ...(ca !== undefined && { ca }),
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
      }
    },
    refused() {
      if (login.type === 'exec') {
        if (exec !== undefined) exec.ended = true
        return true
      }
      if (login.type !== 'token-file') return false
      for (const [path, entry] of files) files.set(path, { ...entry, until: 0 })
      return true
    },
  }
}

function unreadable(path: string, cause: unknown): DiagnosticError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable'
  return new DiagnosticError(
    [
      {
        severity: 'error',
        code: 'credential-file',
        message: `${path} cannot be read: ${reason}`,
        hint: 'check the path in the kubeconfig and its permissions',
      },
    ],
    { cause },
  )
}
