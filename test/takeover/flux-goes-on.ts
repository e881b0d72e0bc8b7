import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { KubeClient } from '../../src/kube/client-types.ts'
import { timestamp } from '../../src/manifest/clock.ts'
import type { ObjectRef } from '../../src/manifest/object.ts'
import type { ControlPlane } from '../cluster/control-plane.ts'
import { installFluxDefinitions, startFluxControllers } from '../support/flux-controllers.ts'
import { type AuditEntry, startAudit } from './audit.ts'

const DEADLINE_MS = 240_000

/** The ends of what the controllers of Flux have logged. */
function lastWords({ directory }: ControlPlane): string {
  const logs = globSync('*-controller.log', { cwd: directory })
  return logs.map(log => `${log}: ${readFileSync(path.join(directory, log), 'utf8').slice(-2000)}`).join('\n')
}

/** Resolves when Flux has said of every Kustomization that it has reconciled it. */
async function untilReconciled(
  kustomizations: readonly ObjectRef[],
  since: string,
  user: KubeClient,
  cluster: ControlPlane,
): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS
  const missing = new Set(kustomizations.map(({ name, namespace }) => `${namespace}/${name}`))
  while (missing.size > 0) {
    if (Date.now() > deadline)
      throw new Error(`Flux has not reconciled ${[...missing].join(', ')}; ${lastWords(cluster)}`)
    for (const event of await user.list({ group: '', version: 'v1', kind: 'Event' })) {
      const { kind, name, namespace } = event['involvedObject'] as Record<string, string>
      const isNew = String(event['lastTimestamp']) >= since
      if (kind === 'Kustomization' && isNew && event['reason'] === 'ReconciliationSucceeded')
        missing.delete(`${namespace}/${name}`)
    }
    await pause(200)
  }
}

/**
 * Lets the real Flux go on where somebody else has stopped, until it has reconciled every one of these Kustomizations. Gives
 * all that its controllers have asked the API server to write, dry runs among it.
 */
export async function letFluxGoOn(
  cluster: ControlPlane,
  user: KubeClient,
  kustomizations: readonly ObjectRef[],
): Promise<readonly AuditEntry[]> {
  await installFluxDefinitions(user)
  const audit = startAudit(cluster)
  // What was said within this second may have been said by others.
  await pause(1000)
  const since = timestamp(Date.now())
  const controllers = await startFluxControllers(cluster, user)
  await untilReconciled(kustomizations, since, user, cluster).finally(controllers.stop)
  return audit().filter(({ userAgent }) => /^(kustomize|source)-controller/.test(userAgent))
}

/** Of requests, those that have written something to one of these objects, or would have. */
export function writesTo(
  requests: readonly AuditEntry[],
  isAboutThem: (entry: AuditEntry) => boolean,
): readonly AuditEntry[] {
  return requests.filter(entry => isAboutThem(entry) && !entry.requestURI.includes('dryRun=All'))
}
