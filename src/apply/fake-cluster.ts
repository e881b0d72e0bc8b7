import { ApiError, type Cluster, type DeleteOptions, type ApplyOptions as KubeApplyOptions } from '../kube/cluster.ts'
import { formatRef, type KubeObject, type ObjectRef, refKey, refOf } from '../manifest/object.ts'

/** A cluster in memory for the tests of this room: it keeps objects, counts requests and fails where it is told to. */
export interface FakeCluster extends Cluster {
  /** Each request as `verb Kind/namespace/name`, dry runs as `dry-run …`, applies that only create as `create …`. */
  readonly requests: readonly string[]
  /** What is stored, as `Kind/namespace/name`. */
  stored(): readonly string[]
  put(object: KubeObject): KubeObject
}

/** Decides what an apply fails with; undefined lets it pass. `known` is the stored object. */
export type Refuse = (object: KubeObject, known: KubeObject | undefined) => ApiError | undefined

/** Starts an empty fake cluster. */
export function createFakeCluster(refuse: Refuse = () => undefined): FakeCluster {
  const objects = new Map<string, KubeObject>()
  const requests: string[] = []
  // As in etcd, no object has the first version.
  let version = 1

  function store(object: KubeObject): KubeObject {
    const known = objects.get(refKey(refOf(object)))
    const same = known !== undefined && JSON.stringify(known['data']) === JSON.stringify(object['data'])
    const resourceVersion = same ? known.metadata.resourceVersion! : String(++version)
    const uid = known?.metadata.uid ?? `uid-${version}`
    const stored = { ...object, metadata: { ...object.metadata, uid, resourceVersion } }
    objects.set(refKey(refOf(object)), stored)
    return stored
  }

  const unused = (): never => {
    throw new Error('not part of the fake')
  }

  return {
    requests,
    stored: () => [...objects.values()].map(object => formatRef(refOf(object))).sort(),
    put: store,
    resource: unused,
    list: unused,
    create: unused,
    update: unused,
    as: unused,
    async get(ref: ObjectRef) {
      requests.push(`get ${formatRef(ref)}`)
      return objects.get(refKey(ref))
    },
    async apply(object: KubeObject, options: KubeApplyOptions) {
      const ref = refOf(object)
      const known = objects.get(refKey(ref))
      const { resourceVersion: wanted } = object.metadata
      const verb = options.dryRun === true ? 'dry-run' : wanted === undefined ? 'apply' : 'create'
      requests.push(`${verb} ${formatRef(ref)}`)
      if (wanted !== undefined && known !== undefined && known.metadata.resourceVersion !== wanted)
        throw new ApiError({ code: 409, reason: 'Conflict', message: 'the object has been modified' })
      const error = refuse(object, known)
      if (error !== undefined) throw error
      return options.dryRun === true ? object : store(object)
    },
    async patch(ref: ObjectRef) {
      requests.push(`patch ${formatRef(ref)}`)
      return objects.get(refKey(ref))!
    },
    async delete(ref: ObjectRef, options?: DeleteOptions) {
      requests.push(`delete ${formatRef(ref)}`)
      const known = objects.get(refKey(ref))
      const uid = options?.preconditions?.uid
      if (known !== undefined && uid !== undefined && uid !== known.metadata.uid)
        throw new ApiError({ code: 409, reason: 'Conflict', message: 'the UID in the precondition does not match' })
      objects.delete(refKey(ref))
      return known
    },
  }
}
