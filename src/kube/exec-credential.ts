import { execFile } from 'node:child_process'
import { DiagnosticError } from '../manifest/diagnostic.ts'
import { isObject, type JsonObject, type JsonValue, textAt } from '../manifest/json.ts'
import type { Connection, ExecPlugin } from './connection.ts'

/** What a plugin gave. `expires` is in milliseconds since 1970; without it the credential is kept until it is refused. */
export interface ExecCredential {
  readonly token?: string
  readonly cert?: string
  readonly key?: string
  readonly expires?: number
}

/**
 * Runs a credential plugin once and reads its `ExecCredential`. Rejects with a `DiagnosticError` when it cannot be run, takes
 * longer than a minute, or prints something else. The plugin's output is never part of an error: it may hold secrets.
 */
export async function runExecPlugin(
  plugin: ExecPlugin,
  connection: Connection,
  caPem: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<ExecCredential> {
  const where = `exec plugin "${plugin.command}" of "${connection.name}"`
  if (plugin.interactiveMode === 'Always')
    throw failure(`${where} wants a terminal, and there is none here`, 'use credentials that need no input')
  const info = {
    apiVersion: plugin.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(plugin.provideClusterInfo && { cluster: clusterInfo(connection, caPem) }) },
  }
  const output = await run(plugin, where, { ...env, ...plugin.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) })
  return readExecCredential(output, plugin.apiVersion, where)
}

/** Reads what a plugin printed; `where` names it in errors. */
export function readExecCredential(output: string, apiVersion: string, where: string): ExecCredential {
  const document = parse(output)
  const status = isObject(document) ? document['status'] : undefined
  if (!isObject(document) || document['kind'] !== 'ExecCredential' || !isObject(status))
    throw failure(`${where} did not print an ExecCredential with a status`)
  if (document['apiVersion'] !== apiVersion)
    throw failure(`${where} answered in ${String(document['apiVersion'])} where ${apiVersion} was asked for`)
  const token = textAt(status, 'token')
  const cert = textAt(status, 'clientCertificateData')
  const key = textAt(status, 'clientKeyData')
  if (token === undefined && cert === undefined) throw failure(`${where} gave neither a token nor a client certificate`)
  if ((cert === undefined) !== (key === undefined))
    throw failure(`${where} gave a client certificate without a key, or the reverse`)
  const expiry = textAt(status, 'expirationTimestamp')
  const expires = expiry === undefined ? undefined : Date.parse(expiry)
  return {
    ...(token !== undefined && { token }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(expires !== undefined && !Number.isNaN(expires) && { expires }),
  }
}

function run(plugin: ExecPlugin, where: string, env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      plugin.command,
      plugin.args,
      { env, timeout: 60_000, maxBuffer: 4 * 1024 * 1024, windowsHide: true },
      (error, stdout) => {
        if (error === null) resolve(stdout)
        else if (error.code === 'ENOENT') reject(failure(`${where} was not found`, plugin.installHint))
        else if (error.killed) reject(failure(`${where} did not end within a minute`))
        else reject(failure(`${where} failed with exit code ${error.code}`, 'run it by hand to see what it says'))
      },
    )
    child.stdin?.end()
  })
}

function clusterInfo(connection: Connection, caPem: string | undefined): JsonObject {
  return {
    server: connection.server,
    ...(connection.serverName !== undefined && { 'tls-server-name': connection.serverName }),
    ...(connection.insecure && { 'insecure-skip-tls-verify': true }),
    ...(caPem !== undefined && { 'certificate-authority-data': Buffer.from(caPem).toString('base64') }),
    ...(connection.proxy !== undefined && { 'proxy-url': connection.proxy }),
  }
}

function parse(output: string): JsonValue {
  try {
    return JSON.parse(output) as JsonValue
  } catch {
    return null
  }
}

function failure(message: string, hint?: string): DiagnosticError {
  return new DiagnosticError([{ severity: 'error', code: 'exec-plugin', message, ...(hint !== undefined && { hint }) }])
}
