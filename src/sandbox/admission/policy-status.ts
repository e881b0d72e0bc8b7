import type { Controller } from '../controller.ts'
import { createWorkQueue } from '../core/work-queue.ts'
import { at } from '../kinds/schema/value.ts'

const POLICIES = 'admissionregistration.k8s.io/validatingadmissionpolicies'

/** Tells in the status of each policy that it was looked at. Types of objects are not checked; that only ever warns. */
export const policyStatus: Controller = ({ client, report }) => {
  const writer = client.as('validatingadmissionpolicy-status')
  const queue = createWorkQueue(name => {
    const policy = client.get(POLICIES, '', name)
    const { generation = 0 } = policy?.metadata ?? {}
    if (policy === undefined || at(policy, 'status', 'observedGeneration') === generation) return
    const status = { observedGeneration: generation, typeChecking: {} }
    writer.patch(POLICIES, '', name, { status }, { subresource: 'status' })
  }, report)
  const stop = client.watch(POLICIES, ({ current }) => queue.add(current.name))
  return () => {
    queue.stop()
    stop()
  }
}
