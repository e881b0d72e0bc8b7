import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { compareQuantities, parseQuantity } from '../../manifest/quantity.ts'
import { matchesLabels } from '../../manifest/selector.ts'
import type { SandboxClient } from '../client.ts'
import type { Controller, ControllerContext } from '../controller.ts'
import { compiledSelector } from '../kinds/checks.ts'
import { at, has, objectAt, objectsAt, textAt, textsAt } from '../kinds/schema/value.ts'
import { createEventRecorder, type EventRecorder } from './shared/event-recorder.ts'
import { createIndex } from './shared/index-of.ts'
import { createReconciler, keyOf } from './shared/reconciler.ts'
import { writeStatus } from './shared/status.ts'

const claims = '/persistentvolumeclaims'
const volumes = '/persistentvolumes'
const classes = 'storage.k8s.io/storageclasses'
const provisioner = 'sandbox.lockstep.dev/disk'
const claimProtection = 'kubernetes.io/pvc-protection'
const volumeProtection = 'kubernetes.io/pv-protection'
const retry = 15_000

/** Binds claims to volumes: to one that is there and fits, or to a new one of the class `standard`, which it provides. */
export const volumeController: Controller = context => {
  const { client, clock } = context
  const record = createEventRecorder(client, clock, 'persistentvolume-controller')
  ensureClass(client)
  const queue = createReconciler(context, (namespace, name) => {
    if (namespace === '') reconcileVolume(client, name)
    else {
      const claim = client.get(claims, namespace, name)
      if (claim !== undefined && !reconcileClaim(context, record, claim, used)) queue.after(retry, keyOf(claim))
    }
  })
  const used = (claim: KubeObject) =>
    pods
      .of(claim.metadata.namespace ?? '')
      .some(pod =>
        objectsAt(pod, 'spec', 'volumes').some(
          volume => textAt(volume, 'persistentVolumeClaim', 'claimName') === claim.metadata.name,
        ),
      )
  const stopClaims = client.watch(claims, ({ type, current }) => {
    if (type !== 'DELETED') queue.add(keyOf(current.object))
    const volume = textAt(current.object, 'spec', 'volumeName')
    if (type === 'DELETED' && volume !== '') queue.add(`/${volume}`)
  })
  const stopVolumes = client.watch(volumes, ({ type, current }) => {
    if (type !== 'DELETED') queue.add(keyOf(current.object))
    if (type === 'ADDED')
      for (const claim of client.list(claims))
        if (textAt(claim, 'status', 'phase') === 'Pending') queue.add(keyOf(claim))
  })
  const stopClasses = client.watch(classes, () => {
    for (const claim of client.list(claims)) if (textAt(claim, 'status', 'phase') === 'Pending') queue.add(keyOf(claim))
  })
  const pods = createIndex(
    client,
    '/pods',
    pod => pod.metadata.namespace,
    (namespace, pod, deleted) => {
      if (!deleted || objectsAt(pod, 'spec', 'volumes').length === 0) return
      for (const claim of client.list(claims, namespace))
        if (claim.metadata.deletionTimestamp !== undefined) queue.add(keyOf(claim))
    },
  )
  return () => {
    queue.stop()
    stopClaims()
    stopVolumes()
    stopClasses()
    pods.stop()
  }
}

function ensureClass(client: SandboxClient): void {
  if (client.list(classes).length > 0) return
  client.create(classes, {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner,
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'Immediate',
    allowVolumeExpansion: true,
  })
}

const classOf = (object: KubeObject) => textAt(object, 'spec', 'storageClassName')

/** False where there is nothing to bind the claim to for now. */
function reconcileClaim(
  context: ControllerContext,
  record: EventRecorder,
  claim: KubeObject,
  used: (claim: KubeObject) => boolean,
): boolean {
  const { client } = context
  if (claim.metadata.deletionTimestamp !== undefined) {
    if (!used(claim)) dropFinalizer(client, claims, claim, claimProtection)
    return true
  }
  if (textAt(claim, 'status', 'phase') === 'Bound') {
    grow(client, claim)
    return true
  }
  const named = textAt(claim, 'spec', 'volumeName')
  const volume = named === '' ? client.list(volumes).find(one => fits(one, claim)) : client.get(volumes, '', named)
  if (volume !== undefined) {
    bind(client, claim, volume)
    return true
  }
  if (named !== '') return false
  return provide(context, record, claim)
}

function fits(volume: KubeObject, claim: KubeObject): boolean {
  const reserved = objectAt(volume, 'spec', 'claimRef')
  if (has(volume, 'spec', 'claimRef'))
    return (
      textAt(reserved, 'name') === claim.metadata.name &&
      textAt(reserved, 'namespace') === claim.metadata.namespace &&
      ['', claim.metadata.uid].includes(textAt(reserved, 'uid'))
    )
  if (classOf(volume) !== classOf(claim)) return false
  if (textAt(volume, 'spec', 'volumeMode') !== textAt(claim, 'spec', 'volumeMode')) return false
  const modes = textsAt(volume, 'spec', 'accessModes')
  if (!textsAt(claim, 'spec', 'accessModes').every(mode => modes.includes(mode))) return false
  const selector = compiledSelector(at(claim, 'spec', 'selector'))
  if (selector === undefined || !matchesLabels(selector, volume.metadata.labels)) return false
  const [size, wanted] = [
    parseQuantity(textAt(volume, 'spec', 'capacity', 'storage') || '0'),
    parseQuantity(textAt(claim, 'spec', 'resources', 'requests', 'storage') || '0'),
  ]
  return typeof size !== 'string' && typeof wanted !== 'string' && compareQuantities(size, wanted) >= 0
}

function bind(client: SandboxClient, claim: KubeObject, volume: KubeObject): void {
  const { namespace = '', name, uid = '' } = claim.metadata
  if (textAt(volume, 'spec', 'claimRef', 'uid') === '') {
    const reference = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      name,
      namespace,
      uid,
      resourceVersion: claim.metadata.resourceVersion ?? '',
    }
    client.patch(volumes, '', volume.metadata.name, {
      metadata: { annotations: { 'pv.kubernetes.io/bound-by-controller': 'yes' } },
      spec: { claimRef: reference },
    })
  }
  const bound = client.patch(claims, namespace, name, {
    metadata: {
      annotations: { 'pv.kubernetes.io/bind-completed': 'yes', 'pv.kubernetes.io/bound-by-controller': 'yes' },
    },
    spec: { volumeName: volume.metadata.name },
  })
  writeStatus(client, claims, bound, {
    ...objectAt(bound, 'status'),
    phase: 'Bound',
    accessModes: textsAt(volume, 'spec', 'accessModes'),
    capacity: objectAt(volume, 'spec', 'capacity'),
  })
}

/** Makes a volume where the class is the sandbox's own; tells otherwise why the claim must wait. */
function provide({ client }: ControllerContext, record: EventRecorder, claim: KubeObject): boolean {
  const className = classOf(claim)
  if (className === '') {
    record(claim, {
      reason: 'FailedBinding',
      message: 'no persistent volumes available for this claim and no storage class is set',
    })
    return false
  }
  const found = client.get(classes, '', className)
  if (found === undefined) {
    record(claim, {
      type: 'Warning',
      reason: 'ProvisioningFailed',
      message: `storageclass.storage.k8s.io "${className}" not found`,
    })
    return false
  }
  if (textAt(found, 'volumeBindingMode') === 'WaitForFirstConsumer') {
    const selected = claim.metadata.annotations?.['volume.kubernetes.io/selected-node']
    if (selected === undefined) {
      record(claim, {
        reason: 'WaitForFirstConsumer',
        message: 'waiting for first consumer to be created before binding',
      })
      return false
    }
  }
  if (textAt(found, 'provisioner') === 'kubernetes.io/no-provisioner') return false
  const volume: KubeObject = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name: `pvc-${claim.metadata.uid}`,
      annotations: { 'pv.kubernetes.io/provisioned-by': textAt(found, 'provisioner') },
    },
    spec: {
      accessModes: textsAt(claim, 'spec', 'accessModes'),
      capacity: { storage: textAt(claim, 'spec', 'resources', 'requests', 'storage') },
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        name: claim.metadata.name,
        namespace: claim.metadata.namespace ?? '',
        uid: claim.metadata.uid ?? '',
        resourceVersion: claim.metadata.resourceVersion ?? '',
      },
      csi: { driver: textAt(found, 'provisioner'), volumeHandle: `pvc-${claim.metadata.uid}` },
      persistentVolumeReclaimPolicy: textAt(found, 'reclaimPolicy') || 'Delete',
      storageClassName: className,
      volumeMode: textAt(claim, 'spec', 'volumeMode') || 'Filesystem',
    },
  }
  if (client.get(volumes, '', volume.metadata.name) === undefined) client.create(volumes, volume)
  record(claim, {
    reason: 'ProvisioningSucceeded',
    message: `Successfully provisioned volume ${volume.metadata.name}`,
  })
  bind(client, claim, client.get(volumes, '', volume.metadata.name) ?? volume)
  return true
}

/** A bound claim that asks for more gets it, and its volume too. */
function grow(client: SandboxClient, claim: KubeObject): void {
  const wanted = textAt(claim, 'spec', 'resources', 'requests', 'storage')
  const [size, present] = [
    parseQuantity(wanted || '0'),
    parseQuantity(textAt(claim, 'status', 'capacity', 'storage') || '0'),
  ]
  if (typeof size === 'string' || typeof present === 'string' || compareQuantities(size, present) <= 0) return
  const volume = client.get(volumes, '', textAt(claim, 'spec', 'volumeName'))
  if (volume !== undefined) client.patch(volumes, '', volume.metadata.name, { spec: { capacity: { storage: wanted } } })
  writeStatus(client, claims, claim, {
    ...objectAt(claim, 'status'),
    capacity: { ...objectAt(claim, 'status', 'capacity'), storage: wanted },
  })
}

/** The phase of a volume follows its claim; one that was released goes or stays as its policy says. */
function reconcileVolume(client: SandboxClient, name: string): void {
  const volume = client.get(volumes, '', name)
  if (volume === undefined) return
  const claimed = has(volume, 'spec', 'claimRef')
  const claim = client.get(
    claims,
    textAt(volume, 'spec', 'claimRef', 'namespace'),
    textAt(volume, 'spec', 'claimRef', 'name'),
  )
  const held = claimed && claim !== undefined && claim.metadata.uid === textAt(volume, 'spec', 'claimRef', 'uid')
  if (volume.metadata.deletionTimestamp !== undefined) {
    if (!held) dropFinalizer(client, volumes, volume, volumeProtection)
    return
  }
  const waiting = claimed && textAt(volume, 'spec', 'claimRef', 'uid') === ''
  const phase = held ? 'Bound' : !claimed || waiting ? 'Available' : 'Released'
  if (textAt(volume, 'status', 'phase') !== phase)
    writeStatus(client, volumes, volume, { ...objectAt(volume, 'status'), phase } as JsonObject)
  if (phase === 'Released' && textAt(volume, 'spec', 'persistentVolumeReclaimPolicy') === 'Delete')
    client.delete(volumes, '', name)
}

function dropFinalizer(client: SandboxClient, resource: string, object: KubeObject, finalizer: string): void {
  const { finalizers = [], namespace = '', name } = object.metadata
  if (!finalizers.includes(finalizer)) return
  const rest = finalizers.filter(one => one !== finalizer)
  client.patch(resource, namespace, name, { metadata: { finalizers: rest.length === 0 ? null : rest } })
}
