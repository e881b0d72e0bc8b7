import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DiagnosticError } from '../manifest/diagnostic.ts'
import type { Connection } from './connection.ts'

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

/** True inside a Pod that may talk to its API server. */
export function runsInCluster(env: NodeJS.ProcessEnv): boolean {
  return (env['KUBERNETES_SERVICE_HOST'] ?? '') !== '' && (env['KUBERNETES_SERVICE_PORT'] ?? '') !== ''
}

/**
 * The connection of a Pod's service account. The token file is read again as it is rotated. Throws a `DiagnosticError`
 * outside of a Pod. `folder` is where the account is mounted.
 */
export function inClusterConnection(env: NodeJS.ProcessEnv, folder: string = SERVICE_ACCOUNT): Connection {
  if (!runsInCluster(env))
    throw new DiagnosticError([
      {
        severity: 'error',
        code: 'not-in-cluster',
        message: 'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set, so this is no Pod of a cluster',
        hint: 'name a kubeconfig with --kubeconfig or KUBECONFIG',
      },
    ])
  const host = env['KUBERNETES_SERVICE_HOST'] ?? ''
  return {
    name: 'in-cluster',
    server: `https://${host.includes(':') ? `[${host}]` : host}:${env['KUBERNETES_SERVICE_PORT']}`,
    namespace: namespaceIn(folder),
    ca: { file: join(folder, 'ca.crt') },
    login: { type: 'token-file', file: join(folder, 'token') },
  }
}

function namespaceIn(folder: string): string {
  try {
    return readFileSync(join(folder, 'namespace'), 'utf8').trim() || 'default'
  } catch {
    return 'default'
  }
}
