import { setTimeout as pause } from 'node:timers/promises'
import type { KubeClient } from '../../src/kube/client-types.ts'

const DEADLINE_MS = 60_000

/** Waits until a server has a kind. It tells of a new one some time after its definition, and nothing says when. */
export async function untilServed(wanted: { readonly group: string; readonly kind: string }, user: KubeClient) {
  const deadline = Date.now() + DEADLINE_MS
  while (!(await user.resources()).some(({ group, kind }) => group === wanted.group && kind === wanted.kind)) {
    if (Date.now() > deadline) throw new Error(`${wanted.kind}.${wanted.group} is not served`)
    await pause(50)
    user.invalidate()
  }
}
