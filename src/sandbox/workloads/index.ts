import type { Controller } from '../controller.ts'
import { deploymentController } from './deployment.ts'
import { kubelet } from './kubelet.ts'
import { nodeController } from './nodes.ts'
import { replicaSetController } from './replica-set.ts'
import { scheduler } from './scheduler.ts'

export { podLog } from './pod-log.ts'

/** The simulated controllers, in the order in which they start. */
export const controllers: readonly Controller[] = [
  nodeController,
  scheduler,
  kubelet,
  replicaSetController,
  deploymentController,
]
