import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeClient } from '../../src/kube/client-types.ts'
import { watchResource } from '../../src/kube/informer.ts'
import { skipReal } from '../cluster/real.ts'
import { running } from './engine.ts'
import { type Fleet, kustomizationOf, NAMESPACE, objectsOf } from './fleet.ts'
import { repositoryFails } from './repository.ts'
import { IS_LONG, SHORT_LEASE } from './settings.ts'
import { openStage } from './stage.ts'

const FLEET: Fleet = {
  web: { configs: { 'web-a': 'v1', 'web-b': 'v1' } },
  shop: { configs: { 'shop-a': 'v1' } },
}
const CONFIG_MAP = { group: '', version: 'v1', kind: 'ConfigMap', namespace: NAMESPACE }
const KUSTOMIZATION = { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization' }
const SECONDS = IS_LONG ? 60 : 8
/** A delay that doubles from 750 ms makes this many within a minute, with all jitter on its side. */
const MOST_ATTEMPTS = 10

test('the Git host is down after the first fetch, for ever', { skip: skipReal(), timeout: 600_000 }, async t => {
  const stage = await openStage(t, FLEET, { controllers: false })
  const { git, user, witness } = stage
  const { proxy, kubeconfig } = await stage.proxy()
  const folder = await stage.folder('engine')
  const start = () => stage.engine({ kubeconfig, folder, flags: SHORT_LEASE })
  const engine = await running(start())
  const commit = await stage.push(FLEET)
  await witness.reached(commit)

  const change = (name: string) => witness.changeByHand({ ...CONFIG_MAP, name }, { data: { value: 'by hand' } })
  const remove = (name: string) => witness.deleteByHand({ ...CONFIG_MAP, name })

  git.fault({ kind: 'cut' })
  await stage.ask()
  await repositoryFails(user)

  await change('web-a')
  await remove('shop-a')
  await witness.reached(commit)

  // Back-off: time has to pass to count what is tried in it.
  const before = git.requests.length
  await new Promise(resolve => setTimeout(resolve, SECONDS * 1000))
  const attempts = git.requests.length - before
  assert.ok(attempts <= MOST_ATTEMPTS, `${attempts} requests to a host that is down in ${SECONDS} s`)

  await git.down()
  await engine.kill()
  await change('web-b')
  await running(start())
  await remove('web-a')
  await witness.reached(commit)
  await repositoryFails(user)

  // A new Kustomization over what was fetched long ago, and one that changes: commonMetadata is in no file of Git.
  const extra = kustomizationOf('web', FLEET['web']!) as { spec: Record<string, unknown> }
  const labelled = {
    ...extra,
    metadata: { name: 'extra', namespace: NAMESPACE },
    spec: { ...extra.spec, targetNamespace: 'default', commonMetadata: { labels: { made: 'late' } } },
  }
  await user.apply(labelled as never, { fieldManager: 'user' })
  const copies = objectsOf('web', FLEET['web']!).filter(({ kind }) => kind === 'ConfigMap')
  await appear(user, 'late', copies.length)
  await user.patch({ ...KUSTOMIZATION, namespace: NAMESPACE, name: 'extra' }, later, {
    type: 'merge',
    fieldManager: 'user',
  })
  await appear(user, 'later', copies.length)
  await user.delete({ ...KUSTOMIZATION, namespace: NAMESPACE, name: 'extra' })
  await appear(user, 'later', 0)
  await witness.reached(commit)
  await proxy.quiet(2000, 60_000)

  await git.up()
  git.fault(undefined)
  await witness.reached(await stage.push({ ...FLEET, shop: { configs: { 'shop-a': 'v2' } } }))
})

const later = { spec: { commonMetadata: { labels: { made: 'later' } } } }

/** Resolves when so many ConfigMaps of the default namespace have the label. */
async function appear(user: KubeClient, made: string, count: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const look = () => informer.state.phase === 'watching' && informer.list().length === count && resolve()
  const informer = watchResource(user, CONFIG_MAP, {
    namespace: 'default',
    labelSelector: `made=${made}`,
    onChange: () => queueMicrotask(look),
    onState: () => queueMicrotask(look),
  })
  const late = setTimeout(
    () => reject(new Error(`${informer.list().length} ConfigMaps with made=${made}, instead of ${count}`)),
    60_000,
  )
  await promise.finally(() => {
    clearTimeout(late)
    informer.close()
  })
}

const options = { skip: skipReal(), timeout: 600_000 }

for (const where of ['source', 'source and of the Kustomization'])
  test(`what was applied and is not in the status of the ${where} yet is not taken back`, options, async t => {
    const stage = await openStage(t, FLEET, { controllers: false })
    const { git, user, witness } = stage
    const { proxy, kubeconfig } = await stage.proxy()
    const folder = await stage.folder('engine')
    const start = () => running(stage.engine({ kubeconfig, folder, flags: SHORT_LEASE }))
    const engine = await start()
    await witness.reached(await stage.push(FLEET))

    const blocked = where === 'source' ? /\/gitrepositories\/[^/]+\/status/ : /\/status\b/
    const isReported = proxy.next(({ path }) => path.includes('/kustomizations/web/status'))
    proxy.fault(({ method, path }) =>
      method === 'PATCH' && blocked.test(path) ? { kind: 'answer', status: 503 } : undefined,
    )
    const grown: Fleet = {
      ...FLEET,
      web: { configs: { 'web-b': 'v2', 'web-c': 'v2' } },
      late: { configs: { 'late-a': 'v2' } },
    }
    const commit = await stage.push(grown)
    await (where === 'source' ? witness.reached(commit) : isReported)
    await engine.kill()
    await git.down()
    proxy.fault(undefined)
    await start()
    await repositoryFails(user)
    await proxy.quiet(2000, 60_000)
    if (where === 'source') await witness.reached(commit)

    await git.up()
    await witness.reached(await stage.push({ ...grown, shop: { configs: { 'shop-a': 'v3' } } }))
  })
