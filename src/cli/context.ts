import type { KubeClient } from '../kube/client-types.ts'
import type { Terminal } from './terminal.ts'

/** Flags that every command takes. */
export interface GlobalOptions {
  readonly namespace?: string
  readonly context?: string
  readonly kubeconfig?: string
  /** Go duration. */
  readonly timeout: string
}

/** What commands get handed instead of reaching for globals. */
export interface CliContext {
  readonly terminal: Terminal
  readonly env: NodeJS.ProcessEnv
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  readonly clock: () => Date
  /** Asks a question that is answered with yes or no; no where nobody can be asked. */
  confirm(question: string): Promise<boolean>
  connect(options: Pick<GlobalOptions, 'context' | 'kubeconfig'>): Promise<KubeClient>
}

/** Where the `flux` CLI looks when no namespace is named. */
export function defaultNamespace(env: NodeJS.ProcessEnv): string {
  return env['FLUX_SYSTEM_NAMESPACE'] ?? env['LOCKSTEP_NAMESPACE'] ?? 'flux-system'
}
