import { isObject, type JsonObject, type JsonValue } from '../manifest/json.ts'
import { apiVersionOf, type KubeObject, type ObjectRef } from '../manifest/object.ts'

/** The `spec` of a `coordination.k8s.io/v1` Lease. Times in milliseconds since 1970. */
export interface LeaseRecord {
  /** Empty while nobody holds it. */
  readonly holder: string
  readonly durationSeconds: number
  readonly acquired: number
  readonly renewed: number
  /** How often the holder changed. */
  readonly transitions: number
}

/** The record after `holder` took or renewed the lease. */
export function heldBy(holder: string, duration: number, now: number, before: LeaseRecord | undefined): LeaseRecord {
  const same = before?.holder === holder
  return {
    holder,
    durationSeconds: Math.ceil(duration / 1000),
    acquired: same ? before.acquired : now,
    renewed: now,
    transitions: (before?.transitions ?? 0) + (same || before === undefined ? 0 : 1),
  }
}

export function readLease(object: KubeObject): LeaseRecord {
  const spec = object['spec'] as JsonValue | undefined
  const fields: JsonObject = isObject(spec) ? spec : {}
  const time = (field: string) => Date.parse(String(fields[field] ?? '')) || 0
  return {
    holder: typeof fields['holderIdentity'] === 'string' ? fields['holderIdentity'] : '',
    durationSeconds: Number(fields['leaseDurationSeconds'] ?? 0),
    acquired: time('acquireTime'),
    renewed: time('renewTime'),
    transitions: Number(fields['leaseTransitions'] ?? 0),
  }
}

/** The Lease with a record; everything else of `before` stays, its resource version as a lock. */
export function leaseObject(ref: ObjectRef, record: LeaseRecord, before?: KubeObject): KubeObject {
  const spec = before?.['spec'] as JsonValue | undefined
  return {
    ...before,
    apiVersion: apiVersionOf(ref),
    kind: ref.kind,
    metadata: before?.metadata ?? { name: ref.name, namespace: ref.namespace },
    spec: {
      ...(isObject(spec) ? spec : {}),
      holderIdentity: record.holder,
      leaseDurationSeconds: record.durationSeconds,
      acquireTime: microTime(record.acquired),
      renewTime: microTime(record.renewed),
      leaseTransitions: record.transitions,
    },
  }
}

/** `metav1.MicroTime`: six digits after the second. */
function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000Z')
}
