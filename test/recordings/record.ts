import { type Condition, findCondition } from '../../src/api/condition.ts'
import { connectCluster } from '../../src/kube/client.ts'
import type { KubeClient } from '../../src/kube/client-types.ts'
import { watchResource } from '../../src/kube/informer.ts'
import { loadConnection } from '../../src/kube/load-connection.ts'
import type { JsonObject } from '../../src/manifest/json.ts'
import { type KubeObject, type ObjectRef, refKey } from '../../src/manifest/object.ts'
import { parseInventoryEntry } from '../../src/plan/inventory.ts'
import { startControlPlane } from '../cluster/control-plane.ts'
import { installFluxDefinitions, startFluxControllers } from '../support/flux-controllers.ts'
import { startGitServer } from '../support/git-server.ts'
import type { Recording } from './recording.ts'
import { FLUX_KINDS, newReplay, type Player, play, RECORDED_HOST } from './replay.ts'
import type { Scenario } from './scenario.ts'

const EVENT = { group: '', version: 'v1', kind: 'Event' }
const QUIET_MS = 12_000
const PATIENCE_MS = 40_000
/** The longest that another attempt of what has failed before is waited for: its middle is nobody's final state. */
const ATTEMPT_MS = 10_000

type Entry = Recording['log'][number]

/** Writes down what happens to one namespace. */
function startLog(user: KubeClient, namespace: string) {
  const log: Entry[] = []
  const inventory = new Map<string, ObjectRef>()
  const failed = new Set<string>()
  const trying = new Set<string>()
  let last = Date.now()
  const write = (entry: Entry) => {
    log.push(entry)
    last = Date.now()
  }
  const flux = Object.values(FLUX_KINDS).map(kind =>
    watchResource(user, kind, {
      namespace,
      onChange({ type, object }) {
        const status = (object['status'] ?? {}) as JsonObject
        const { entries = [] } = (status['inventory'] ?? {}) as { entries?: { id: string; v: string }[] }
        for (const ref of entries.flatMap(each => parseInventoryEntry(each) ?? [])) inventory.set(refKey(ref), ref)
        const { generation, finalizers, deletionTimestamp, name } = object.metadata
        const deleting = deletionTimestamp !== undefined
        const attempt = findCondition(status['conditions'] as readonly Condition[] | undefined, 'Reconciling')?.reason
        const on = `${object.kind}/${name}`
        if (attempt === 'ProgressingWithRetry') failed.add(on)
        if (attempt === 'Progressing' && failed.has(on) && type !== 'deleted') trying.add(on)
        else trying.delete(on)
        write({
          [type]: { on, generation, finalizers, ...(deleting && { deleting }), status },
        })
      },
    }),
  )
  const events = watchResource(user, EVENT, {
    namespace,
    onChange({ type, object }) {
      const { kind, name } = object['involvedObject'] as Record<string, string>
      if (type === 'deleted' || !(String(kind) in FLUX_KINDS)) return
      const { annotations } = object.metadata
      const { type: severity, reason, message } = object as unknown as Record<string, string>
      const told = { on: `${kind}/${name}`, type: severity ?? '', reason: reason ?? '', message }
      write({ event: { ...told, ...(annotations !== undefined && { annotations }) } } as Entry)
    },
  })
  return {
    log,
    write,
    refs: () => [...inventory.values()],
    async quiet() {
      const from = Date.now()
      last = from
      const isOver = () => {
        const waited = Date.now() - from
        if (trying.size > 0) return waited > PATIENCE_MS + ATTEMPT_MS
        return Date.now() - last > QUIET_MS || waited > PATIENCE_MS
      }
      while (!isOver()) await new Promise(resolve => setTimeout(resolve, 200))
    },
    close() {
      for (const each of [...flux, events]) each.close()
    },
  }
}

async function record({ scenario, steps }: Scenario, player: Omit<Player, 'settle'>): Promise<Recording> {
  const { user, git } = player
  const replay = newReplay({ scenario, log: steps.map(step => ({ step })), final: [] }, player)
  const { namespace } = replay
  const story = startLog(user, namespace)
  try {
    await play(replay, { ...player, settle: () => story.quiet() }, async step => {
      const isCommit = typeof step === 'object' && 'commit' in step
      story.write({ step: isCommit ? { ...step, sha: replay.renamed.get(step.sha) ?? '' } : step })
    })
    const managed = await Promise.all(story.refs().map(ref => user.get(ref).catch(() => undefined)))
    const own = await Promise.all(Object.values(FLUX_KINDS).map(kind => user.list(kind, { namespace })))
    const final = [...managed, ...own.flat()].filter((each): each is KubeObject => each !== undefined)
    const text = JSON.stringify({ scenario, log: story.log, final }).replaceAll(git.url, RECORDED_HOST)
    return JSON.parse(text) as Recording
  } finally {
    story.close()
  }
}

/** Has the real Flux go through scenarios, all at the same time on one cluster; gives what it did in the form of the recordings. */
export async function recordFlux(scenarios: readonly Scenario[]): Promise<readonly Recording[]> {
  const cluster = await startControlPlane()
  const user = connectCluster(await loadConnection({ kubeconfig: cluster.kubeconfig }))
  const git = await startGitServer()
  try {
    await installFluxDefinitions(user)
    const controllers = await startFluxControllers(cluster, user, [`--concurrent=${scenarios.length}`])
    return await Promise.all(scenarios.map(each => record(each, { user, git }))).finally(controllers.stop)
  } finally {
    await git.close()
    await user.close()
    await cluster.stop()
  }
}
