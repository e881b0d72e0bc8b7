import type { KubeClient } from '../../src/kube/client-types.ts'
import type { RecordedStep } from './recording.ts'
import { FLUX_KINDS, type Replay } from './replay.ts'

/** Where the result of a scenario becomes empty, what Flux does is done when it is allowed (docs/adr/0006). */
export async function allowEmpty(
  step: RecordedStep,
  { namespace, recording }: Replay,
  user: KubeClient,
): Promise<void> {
  const isCreated = typeof step === 'object' && 'create' in step && step.create.kind === 'Kustomization'
  if (recording.scenario !== 'becomes-empty' || !isCreated) return
  const allowed = { metadata: { annotations: { 'lockstep.dev/prune-all': 'allow' } } }
  const ref = { ...FLUX_KINDS.Kustomization, namespace, name: 'app' }
  await user.patch(ref, allowed, { type: 'merge', fieldManager: 'user' })
}
