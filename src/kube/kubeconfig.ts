import { dirname, isAbsolute, resolve } from 'node:path'
import { DiagnosticError } from '../manifest/diagnostic.ts'
import { isArray, isObject, type JsonObject, type JsonValue, textAt } from '../manifest/json.ts'
import type { Connection, Impersonation } from './connection.ts'
import { loginOf } from './kubeconfig-login.ts'

/** A kubeconfig, or several merged into one; file paths in it are absolute. */
export interface Kubeconfig {
  readonly currentContext: string
  readonly clusters: ReadonlyMap<string, JsonObject>
  readonly users: ReadonlyMap<string, JsonObject>
  readonly contexts: ReadonlyMap<string, JsonObject>
  /** Where it came from, for messages. */
  readonly source: string
}

const PATHS = { cluster: ['certificate-authority'], user: ['client-certificate', 'client-key', 'tokenFile'] }

/**
 * Takes a kubeconfig document (`apiVersion: v1`, `kind: Config`) apart. Relative paths in it start at the folder of `file`.
 * Throws a `DiagnosticError` where the document is none.
 */
export function readKubeconfig(document: JsonValue, file: string): Kubeconfig {
  if (document !== null && !isObject(document)) throw failure('kubeconfig-invalid', `${file} is not a kubeconfig`)
  const top: JsonObject = document ?? {}
  const kind = top['kind']
  if (kind !== undefined && kind !== '' && kind !== 'Config')
    throw failure('kubeconfig-invalid', `${file} is a ${String(kind)}, not a kubeconfig`)
  const folder = dirname(resolve(file))
  return {
    currentContext: textAt(top, 'current-context') ?? '',
    clusters: named(top, 'clusters', 'cluster', file, folder),
    users: named(top, 'users', 'user', file, folder),
    contexts: named(top, 'contexts', 'context', file, folder),
    source: file,
  }
}

/** Merges as kubectl does: the first file that names a cluster, user, context or current context wins. */
export function mergeKubeconfigs(configs: readonly Kubeconfig[]): Kubeconfig {
  const merge = (pick: (config: Kubeconfig) => ReadonlyMap<string, JsonObject>) =>
    new Map(configs.toReversed().flatMap(config => [...pick(config)]))
  return {
    currentContext: configs.find(config => config.currentContext !== '')?.currentContext ?? '',
    clusters: merge(config => config.clusters),
    users: merge(config => config.users),
    contexts: merge(config => config.contexts),
    source: configs.map(config => config.source).join(', '),
  }
}

/**
 * The connection that a context describes; the current context when none is named. Throws a `DiagnosticError` that says
 * what is missing. Inline data goes before files, a token file before a token, as in client-go.
 */
export function connectionOf(config: Kubeconfig, contextName: string = config.currentContext): Connection {
  if (contextName === '')
    throw failure(
      'kubeconfig-no-context',
      `${config.source} sets no current context`,
      `choose one of: ${[...config.contexts.keys()].join(', ')}`,
    )
  const context = config.contexts.get(contextName)
  if (context === undefined)
    throw failure(
      'kubeconfig-no-context',
      `${config.source} has no context "${contextName}"`,
      `it has: ${[...config.contexts.keys()].join(', ') || 'none'}`,
    )
  const clusterName = textAt(context, 'cluster') ?? ''
  const cluster = config.clusters.get(clusterName)
  const userName = textAt(context, 'user') ?? ''
  const user = userName === '' ? {} : config.users.get(userName)
  if (cluster === undefined || user === undefined) {
    const missing = cluster === undefined ? `cluster "${clusterName}"` : `user "${userName}"`
    throw failure(
      'kubeconfig-dangling',
      `context "${contextName}" names ${missing}, which ${config.source} does not have`,
    )
  }

  const ca = pem(cluster, 'certificate-authority')
  const insecure = cluster['insecure-skip-tls-verify'] === true
  if (insecure && ca !== undefined)
    throw failure(
      'kubeconfig-contradiction',
      `cluster "${clusterName}" has both a certificate authority and insecure-skip-tls-verify`,
      'remove one of them',
    )
  const cert = pem(user, 'client-certificate')
  const key = pem(user, 'client-key')
  if ((cert === undefined) !== (key === undefined))
    throw failure(
      'kubeconfig-contradiction',
      `user "${userName}" has a client certificate without a key, or the reverse`,
    )
  const serverName = textAt(cluster, 'tls-server-name')
  const proxy = textAt(cluster, 'proxy-url')
  const impersonate = impersonationOf(user)
  return {
    name: contextName,
    server: serverOf(textAt(cluster, 'server') ?? '', clusterName),
    namespace: textAt(context, 'namespace') ?? 'default',
    login: loginOf(user, userName, message => failure('kubeconfig-login', message)),
    ...(ca !== undefined && { ca }),
    ...(serverName !== undefined && { serverName }),
    ...(insecure && { insecure }),
    ...(proxy !== undefined && { proxy }),
    ...(cert !== undefined && key !== undefined && { certificate: { cert, key } }),
    ...(impersonate !== undefined && { impersonate }),
  }
}

function serverOf(server: string, cluster: string): string {
  if (server === '') throw failure('kubeconfig-invalid', `cluster "${cluster}" has no server`)
  const url = URL.parse(server.includes('://') ? server : `http://${server}`)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw failure('kubeconfig-invalid', `cluster "${cluster}": "${server}" is no http or https URL`)
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

function pem(object: JsonObject, field: string): { pem: string } | { file: string } | undefined {
  const data = textAt(object, `${field}-data`)
  if (data !== undefined) return { pem: Buffer.from(data, 'base64').toString('utf8') }
  const file = textAt(object, field)
  return file === undefined ? undefined : { file }
}

function impersonationOf(user: JsonObject): Impersonation | undefined {
  const username = textAt(user, 'as')
  if (username === undefined) return undefined
  const uid = textAt(user, 'as-uid')
  const groups = strings(user['as-groups'])
  const extra = user['as-user-extra']
  return {
    username,
    ...(uid !== undefined && { uid }),
    ...(groups.length > 0 && { groups }),
    ...(isObject(extra) && {
      extra: Object.fromEntries(Object.entries(extra).map(([name, value]) => [name, strings(value)])),
    }),
  }
}

function strings(value: JsonValue | undefined): readonly string[] {
  return isArray(value) ? value.filter(item => typeof item === 'string') : []
}

function named(
  top: JsonObject,
  list: 'clusters' | 'users' | 'contexts',
  field: 'cluster' | 'user' | 'context',
  file: string,
  folder: string,
): ReadonlyMap<string, JsonObject> {
  const entries = top[list] ?? []
  if (!isArray(entries)) throw failure('kubeconfig-invalid', `${file}: ${list} is not a list`)
  const result = new Map<string, JsonObject>()
  for (const entry of entries) {
    const name = isObject(entry) ? textAt(entry, 'name') : undefined
    if (!isObject(entry) || name === undefined)
      throw failure('kubeconfig-invalid', `${file}: an entry of ${list} has no name`)
    const body = entry[field]
    if (!result.has(name)) result.set(name, absolute(isObject(body) ? body : {}, field, folder))
  }
  return result
}

function absolute(body: JsonObject, field: string, folder: string): JsonObject {
  const result: Record<string, JsonValue | undefined> = { ...body }
  for (const name of field === 'context' ? [] : PATHS[field === 'user' ? 'user' : 'cluster']) {
    const path = textAt(body, name)
    if (path !== undefined && !isAbsolute(path)) result[name] = resolve(folder, path)
  }
  // A plugin's command is looked up in PATH unless it is itself a path.
  const exec = body['exec']
  const command = isObject(exec) ? textAt(exec, 'command') : undefined
  if (isObject(exec) && command !== undefined && /[\\/]/.test(command) && !isAbsolute(command))
    result['exec'] = { ...exec, command: resolve(folder, command) }
  return result
}

function failure(code: string, message: string, hint?: string): DiagnosticError {
  return new DiagnosticError([{ severity: 'error', code, message, ...(hint !== undefined && { hint }) }])
}
