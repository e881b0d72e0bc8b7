import type { Controller } from '../controller.ts'
import { ingressController, loadBalancerController } from './addresses.ts'
import { autoscaler } from './autoscaler.ts'
import { cronJobController } from './cron-job.ts'
import { daemonSetController } from './daemon-set.ts'
import { deploymentController } from './deployment.ts'
import { disruptionController } from './disruption.ts'
import { endpointsController } from './endpoints.ts'
import { jobController } from './job.ts'
import { kubelet } from './kubelet.ts'
import { nodeController } from './nodes.ts'
import { replicaSetController } from './replica-set.ts'
import { scheduler } from './scheduler.ts'
import { statefulSetController } from './stateful-set.ts'
import { volumeController } from './volumes.ts'

export { podLog } from './pod-log.ts'

/** The simulated controllers, in the order in which they start. */
export const controllers: readonly Controller[] = [
  nodeController,
  volumeController,
  scheduler,
  kubelet,
  replicaSetController,
  deploymentController,
  statefulSetController,
  daemonSetController,
  jobController,
  cronJobController,
  endpointsController,
  loadBalancerController,
  ingressController,
  autoscaler,
  disruptionController,
]
