import type { KubeObject } from '../../manifest/object.ts'
import { matchesLabels } from '../../manifest/selector.ts'
import { timestamp } from '../clock.ts'
import type { Controller, ControllerContext } from '../controller.ts'
import { compiledSelector } from '../kinds/checks.ts'
import { at, has, numberAt, textAt } from '../kinds/schema/value.ts'
import { controllerOf, createIndex, type Index } from './shared/index-of.ts'
import { isActive, isReady } from './shared/pods.ts'
import { createReconciler, keyOf } from './shared/reconciler.ts'
import { conditionOf, resolveIntOrPercent, writeStatus } from './shared/status.ts'

const budgets = 'policy/poddisruptionbudgets'

/** Counts, for every PodDisruptionBudget, how many of its pods may be disrupted now. */
export const disruptionController: Controller = context => {
  const { client } = context
  const queue = createReconciler(context, (namespace, name) => {
    const budget = client.get(budgets, namespace, name)
    if (budget !== undefined && budget.metadata.deletionTimestamp === undefined) reconcile(context, budget, pods)
  })
  const stopBudgets = client.watch(budgets, event => queue.add(keyOf(event.current.object)))
  const pods = createIndex(
    client,
    '/pods',
    pod => pod.metadata.namespace,
    (namespace, pod) => {
      for (const budget of client.list(budgets, namespace)) if (covers(budget, pod)) queue.add(keyOf(budget))
    },
  )
  return () => {
    queue.stop()
    stopBudgets()
    pods.stop()
  }
}

function covers(budget: KubeObject, pod: KubeObject): boolean {
  if (!has(budget, 'spec', 'selector')) return false
  const selector = compiledSelector(at(budget, 'spec', 'selector'))
  return selector !== undefined && matchesLabels(selector, pod.metadata.labels)
}

function reconcile({ client, clock }: ControllerContext, budget: KubeObject, pods: Index): void {
  const mine = pods.of(budget.metadata.namespace ?? '').filter(pod => isActive(pod) && covers(budget, pod))
  const expected = expectedPods(client, budget, mine)
  const min = at(budget, 'spec', 'minAvailable')
  const max = at(budget, 'spec', 'maxUnavailable')
  const desired =
    min !== undefined
      ? resolveIntOrPercent(min, expected, 'up')
      : max !== undefined
        ? Math.max(0, expected - resolveIntOrPercent(max, expected, 'up'))
        : 0
  const healthy = mine.filter(isReady).length
  const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired)
  const old = conditionOf(budget, 'DisruptionAllowed')
  const status = allowed > 0 ? 'True' : 'False'
  const kept = textAt(old, 'status') === status ? textAt(old, 'lastTransitionTime') : ''
  const generation = budget.metadata.generation ?? 1
  writeStatus(client, budgets, budget, {
    observedGeneration: generation,
    disruptionsAllowed: allowed,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    conditions: [
      {
        type: 'DisruptionAllowed',
        status,
        observedGeneration: generation,
        lastTransitionTime: kept === '' ? timestamp(clock.now()) : kept,
        reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
        message: '',
      },
    ],
  })
}

/** A number in `minAvailable` is compared with the pods there are; everything else with what their owners want. */
function expectedPods(client: ControllerContext['client'], budget: KubeObject, pods: readonly KubeObject[]): number {
  if (typeof at(budget, 'spec', 'minAvailable') === 'number') return pods.length
  const resources: Readonly<Record<string, string>> = {
    ReplicaSet: 'apps/replicasets',
    StatefulSet: 'apps/statefulsets',
    ReplicationController: '/replicationcontrollers',
  }
  const owners = new Map<string, number>()
  for (const pod of pods) {
    const owner = controllerOf(pod)
    const resource = resources[owner?.kind ?? '']
    if (owner === undefined || resource === undefined || owners.has(owner.uid)) continue
    const found = client.get(resource, pod.metadata.namespace ?? '', owner.name)
    owners.set(owner.uid, numberAt(found, 'spec', 'replicas'))
  }
  return [...owners.values()].reduce((sum, count) => sum + count, 0)
}
