import type { Diagnostic } from '../manifest/diagnostic.ts'
import type { Connection } from './connection.ts'

/** What a kubeconfig from a tenant may be allowed beyond the safe subset. */
export interface SafetyOptions {
  readonly allowExec?: boolean
  readonly allowInsecure?: boolean
}

/**
 * Takes away from a connection what a stranger's kubeconfig must not do here: run commands, read files of this machine,
 * choose a proxy, or trust any server. What was taken is told as warnings; the requests then fail for lack of it.
 */
export function safeConnection(
  connection: Connection,
  options: SafetyOptions = {},
): { readonly connection: Connection; readonly warnings: readonly Diagnostic[] } {
  const warnings: Diagnostic[] = []
  const stripped = (what: string, hint: string) =>
    warnings.push({
      severity: 'warning',
      code: 'kubeconfig-stripped',
      subject: connection.name,
      message: `${what} is not allowed in this kubeconfig and was left out`,
      hint,
    })
  const { ca, certificate, insecure, proxy, login, ...rest } = connection
  const pemOnly = 'embed the content with `kubectl config view --flatten`'

  if (insecure && !options.allowInsecure) stripped('insecure-skip-tls-verify', 'set certificate-authority-data')
  if (proxy !== undefined) stripped('proxy-url', 'set the proxy on the object that refers to the kubeconfig')
  if (ca !== undefined && 'file' in ca) stripped('certificate-authority', pemOnly)
  const files = certificate !== undefined && ('file' in certificate.cert || 'file' in certificate.key)
  if (files) stripped('client-certificate or client-key', pemOnly)
  const execKept = login.type !== 'exec' || options.allowExec === true
  if (!execKept) stripped('an exec plugin', 'use a token or a client certificate')
  if (login.type === 'token-file') stripped('tokenFile', 'set token')

  return {
    connection: {
      ...rest,
      login: execKept && login.type !== 'token-file' ? login : remaining(login),
      ...(insecure && options.allowInsecure && { insecure }),
      ...(ca !== undefined && 'pem' in ca && { ca }),
      ...(certificate !== undefined && !files && { certificate }),
    },
    warnings,
  }
}

function remaining(login: Connection['login']): Connection['login'] {
  return login.type === 'token-file' && login.fallback !== undefined
    ? { type: 'token', token: login.fallback }
    : { type: 'none' }
}
