import type { Kind } from '../kind.ts'
import { daemonSet } from './apps/daemon-set.ts'
import { deployment } from './apps/deployment.ts'
import { controllerRevision, replicaSet } from './apps/replica-set.ts'
import { statefulSet } from './apps/stateful-set.ts'
import { horizontalPodAutoscaler } from './autoscaling/horizontal-pod-autoscaler.ts'
import { cronJob } from './batch/cron-job.ts'
import { job } from './batch/job.ts'
import { configMap, secret } from './core/config.ts'
import { event, newEvent } from './core/event.ts'
import { limitRange } from './core/limit-range.ts'
import { endpoints, podTemplate, replicationController, resourceQuota, serviceAccount } from './core/more.ts'
import { namespace } from './core/namespace.ts'
import { node } from './core/node.ts'
import { pod } from './core/pod.ts'
import { service } from './core/service.ts'
import { persistentVolume, persistentVolumeClaim } from './core/volumes.ts'
import {
  mutatingWebhookConfiguration,
  validatingAdmissionPolicy,
  validatingAdmissionPolicyBinding,
  validatingWebhookConfiguration,
} from './misc/admission.ts'
import {
  apiService,
  certificateSigningRequest,
  flowSchema,
  lease,
  priorityClass,
  priorityLevelConfiguration,
  runtimeClass,
} from './misc/more.ts'
import { deviceClass, resourceClaim, resourceClaimTemplate, resourceSlice } from './misc/resource.ts'
import { ingress, ingressClass } from './networking/ingress.ts'
import { endpointSlice, ipAddress, networkPolicy, serviceCidr } from './networking/more.ts'
import { podDisruptionBudget } from './policy/pod-disruption-budget.ts'
import { clusterRole, clusterRoleBinding, role, roleBinding } from './rbac/rbac.ts'
import {
  csiDriver,
  csiNode,
  csiStorageCapacity,
  storageClass,
  volumeAttachment,
  volumeAttributesClass,
} from './storage/storage.ts'

/** The built-in kinds, in the order of discovery. */
export const builtinKinds: readonly Kind[] = [
  configMap,
  endpoints,
  event,
  limitRange,
  namespace,
  node,
  persistentVolumeClaim,
  persistentVolume,
  pod,
  podTemplate,
  replicationController,
  resourceQuota,
  secret,
  serviceAccount,
  service,
  apiService,
  controllerRevision,
  daemonSet,
  deployment,
  replicaSet,
  statefulSet,
  newEvent,
  horizontalPodAutoscaler,
  cronJob,
  job,
  certificateSigningRequest,
  ingressClass,
  ingress,
  ipAddress,
  networkPolicy,
  serviceCidr,
  podDisruptionBudget,
  clusterRoleBinding,
  clusterRole,
  roleBinding,
  role,
  csiDriver,
  csiNode,
  csiStorageCapacity,
  storageClass,
  volumeAttachment,
  volumeAttributesClass,
  mutatingWebhookConfiguration,
  validatingAdmissionPolicy,
  validatingAdmissionPolicyBinding,
  validatingWebhookConfiguration,
  priorityClass,
  lease,
  runtimeClass,
  endpointSlice,
  flowSchema,
  priorityLevelConfiguration,
  deviceClass,
  resourceClaim,
  resourceClaimTemplate,
  resourceSlice,
]
