import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { DiagnosticError } from '../manifest/diagnostic.ts'
import { decodeNode } from '../manifest/yaml/decode.ts'
import { parseYaml } from '../manifest/yaml/parse.ts'
import type { Connection } from './connection.ts'
import { inClusterConnection, runsInCluster } from './in-cluster.ts'
import { connectionOf, type Kubeconfig, mergeKubeconfigs, readKubeconfig } from './kubeconfig.ts'

export interface LoadOptions {
  /** A kubeconfig file that must exist; nothing else is looked at then. */
  readonly kubeconfig?: string
  readonly context?: string
  readonly env?: NodeJS.ProcessEnv
  readonly home?: string
}

/**
 * Finds the cluster to talk to, in client-go's order: the named file, the files of KUBECONFIG merged, the Pod's own service
 * account, `~/.kube/config`. Rejects with a `DiagnosticError` that says where it looked.
 */
export async function loadConnection(options: LoadOptions = {}): Promise<Connection> {
  const { env = process.env, context } = options
  if (
    options.kubeconfig === undefined &&
    (env['KUBECONFIG'] ?? '') === '' &&
    context === undefined &&
    runsInCluster(env)
  )
    return inClusterConnection(env)
  return connectionOf(await loadKubeconfig(options), context)
}

/** The merged kubeconfig without choosing a context. Files of the list that do not exist are skipped, as kubectl does. */
export async function loadKubeconfig(options: Omit<LoadOptions, 'context'> = {}): Promise<Kubeconfig> {
  const { env = process.env, home = homedir() } = options
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter(path => path !== '')
  const files = options.kubeconfig !== undefined ? [options.kubeconfig] : listed
  const paths = files.length > 0 ? files : [join(home, '.kube', 'config')]
  const found: Kubeconfig[] = []
  for (const path of paths) {
    const text = await readFile(path, 'utf8').catch(error => {
      if (error.code === 'ENOENT' && options.kubeconfig === undefined) return undefined
      throw failure(`${path} cannot be read: ${error.code}`, 'check the path of the kubeconfig')
    })
    if (text !== undefined) found.push(parseKubeconfig(text, path))
  }
  if (found.length > 0) return mergeKubeconfigs(found)
  throw failure(`there is no kubeconfig at ${paths.join(', ')}`, 'name one with --kubeconfig or KUBECONFIG')
}

/** Reads a kubeconfig's YAML or JSON text. Throws a `DiagnosticError` with positions where it is broken. */
export function parseKubeconfig(text: string, file: string): Kubeconfig {
  const { documents, diagnostics } = parseYaml(text, { file })
  const document = documents[0]
  const decoded = document === undefined ? undefined : decodeNode(document, 'kubectl')
  const problems = [...diagnostics, ...(decoded?.diagnostics ?? [])].filter(one => one.severity === 'error')
  if (problems.length > 0) throw new DiagnosticError(problems)
  return readKubeconfig(decoded?.value ?? null, file)
}

function failure(message: string, hint: string): DiagnosticError {
  return new DiagnosticError([{ severity: 'error', code: 'kubeconfig-missing', message, hint }])
}
