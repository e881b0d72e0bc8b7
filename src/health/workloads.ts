import { conditionsOf, countAt, strictCountAt, textAt } from './fields.ts'
import { current, type Fields, failed, inProgress, type Verdict } from './verdict.ts'

/** What the deployment controller counts as "no deadline": the condition Progressing is never set then. */
const NO_DEADLINE = 2 ** 31 - 1

/** Deployment: replica counts, then the conditions Progressing and Available; a passed deadline is a failure. */
export function judgeDeployment(fields: Fields): Verdict {
  let progressing = countAt(fields, 'spec.progressDeadlineSeconds', NO_DEADLINE) === NO_DEADLINE
  let available = false
  for (const condition of conditionsOf(fields)) {
    if (condition.type === 'Progressing') {
      if (condition.reason === 'ProgressDeadlineExceeded')
        return failed(condition.reason, 'Progress deadline exceeded', condition.message)
      if (condition.status === 'True' && condition.reason === 'NewReplicaSetAvailable') progressing = true
    } else if (condition.type === 'Available' && condition.status === 'True') available = true
  }
  const wanted = countAt(fields, 'spec.replicas', 1)
  const replicas = countAt(fields, 'status.replicas', 0)
  const updated = countAt(fields, 'status.updatedReplicas', 0)
  const ready = countAt(fields, 'status.readyReplicas', 0)
  const availableReplicas = countAt(fields, 'status.availableReplicas', 0)

  if (wanted > replicas) return inProgress('LessReplicas', `Replicas: ${replicas}/${wanted}`)
  if (wanted > updated) return inProgress('LessUpdated', `Updated: ${updated}/${wanted}`)
  if (replicas > wanted) return inProgress('ExtraPods', `Pending termination: ${replicas - wanted}`)
  if (updated > availableReplicas) return inProgress('LessAvailable', `Available: ${availableReplicas}/${updated}`)
  if (wanted > ready) return inProgress('LessReady', `Ready: ${ready}/${wanted}`)
  if (!progressing) return inProgress('ReplicaSetNotAvailable', 'ReplicaSet not Available')
  if (!available) return inProgress('DeploymentNotAvailable', 'Deployment not Available')
  return current(`Deployment is available. Replicas: ${replicas}`)
}

/** StatefulSet: replica counts, the partition of a staged rollout, then the revisions. It has no failure. */
export function judgeStatefulSet(fields: Fields): Verdict {
  if (textAt(fields, 'spec.updateStrategy.type', '') === 'OnDelete')
    return current('StatefulSet is using the ondelete update strategy')
  const wanted = countAt(fields, 'spec.replicas', 1)
  const ready = countAt(fields, 'status.readyReplicas', 0)
  const currentReplicas = countAt(fields, 'status.currentReplicas', 0)
  const updated = countAt(fields, 'status.updatedReplicas', 0)
  const replicas = countAt(fields, 'status.replicas', 0)
  const partition = countAt(fields, 'spec.updateStrategy.rollingUpdate.partition', -1)

  if (wanted > replicas) return inProgress('LessReplicas', `Replicas: ${replicas}/${wanted}`)
  if (wanted > ready) return inProgress('LessReady', `Ready: ${ready}/${wanted}`)
  if (replicas > wanted) return inProgress('ExtraPods', `Pending termination: ${replicas - wanted}`)
  if (partition !== -1) {
    const moved = wanted - partition
    if (updated < moved) return inProgress('PartitionRollout', `updated: ${updated}/${moved}`)
    return current(`Partition rollout complete. updated: ${updated}`)
  }
  if (wanted > currentReplicas) return inProgress('LessCurrent', `current: ${currentReplicas}/${wanted}`)
  if (textAt(fields, 'status.currentRevision', '') !== textAt(fields, 'status.updateRevision', ''))
    return inProgress('RevisionMismatch', 'Waiting for updated revision to match current')
  return current(`All replicas scheduled as expected. Replicas: ${replicas}`)
}

/** ReplicaSet: the condition ReplicaFailure, then replica counts. */
export function judgeReplicaSet(fields: Fields): Verdict {
  if (conditionsOf(fields).some(({ type, status }) => type === 'ReplicaFailure' && status === 'True'))
    return inProgress('ReplicaFailure', 'Replica Failure condition. Check Pods')
  const wanted = countAt(fields, 'spec.replicas', 1)
  const replicas = countAt(fields, 'status.replicas', 0)
  const ready = countAt(fields, 'status.readyReplicas', 0)
  const available = countAt(fields, 'status.availableReplicas', 0)
  const labelled = countAt(fields, 'status.fullyLabeledReplicas', 0)

  if (wanted > labelled) return inProgress('LessLabelled', `Labelled: ${labelled}/${wanted}`)
  if (wanted > available) return inProgress('LessAvailable', `Available: ${available}/${wanted}`)
  if (wanted > ready) return inProgress('LessReady', `Ready: ${ready}/${wanted}`)
  if (replicas > wanted) return inProgress('ExtraPods', `Pending termination: ${replicas - wanted}`)
  return current(`ReplicaSet is available. Replicas: ${replicas}`)
}

/** DaemonSet: its controller always writes both generations, so a missing one means it has not acted yet. */
export function judgeDaemonSet(fields: Fields): Verdict {
  const kind = textAt(fields, 'kind', '')
  if (strictCountAt(fields, 'metadata.generation') === undefined)
    return inProgress('NoGeneration', `${kind} metadata.generation not found`)
  if (strictCountAt(fields, 'status.observedGeneration') === undefined)
    return inProgress('NoObservedGeneration', `${kind} status.observedGeneration not found`)
  const wanted = countAt(fields, 'status.desiredNumberScheduled', -1)
  const scheduled = countAt(fields, 'status.currentNumberScheduled', 0)
  const updated = countAt(fields, 'status.updatedNumberScheduled', 0)
  const available = countAt(fields, 'status.numberAvailable', 0)
  const ready = countAt(fields, 'status.numberReady', 0)

  if (wanted === -1) return inProgress('NoDesiredNumber', 'Missing .status.desiredNumberScheduled')
  if (wanted > scheduled) return inProgress('LessCurrent', `Current: ${scheduled}/${wanted}`)
  if (wanted > updated) return inProgress('LessUpdated', `Updated: ${updated}/${wanted}`)
  if (wanted > available) return inProgress('LessAvailable', `Available: ${available}/${wanted}`)
  if (wanted > ready) return inProgress('LessReady', `Ready: ${ready}/${wanted}`)
  return current(`All replicas scheduled as expected. Replicas: ${wanted}`)
}
