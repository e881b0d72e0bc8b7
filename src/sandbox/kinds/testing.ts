import type { KubeObject } from '../../manifest/object.ts'
import { gvkOf } from '../../manifest/object.ts'
import { invalidObject } from '../field-error.ts'
import type { Kind, StrategyContext } from '../kind.ts'
import { StatusError } from '../status.ts'
import { builtinKinds } from './index.ts'

/** The kind of a manifest. */
export function kindOf(object: KubeObject): Kind {
  const { group, kind } = gvkOf(object)
  const found = builtinKinds.find(one => one.group === group && one.kind === kind)
  if (found === undefined) throw new Error(`no kind ${kind} in ${group}`)
  return found
}

/** What strategies see in tests: a namespace with the service account `default`, and whatever else is given. */
export function strategyContext(present: Readonly<Record<string, readonly KubeObject[]>> = {}): StrategyContext {
  const objects: Readonly<Record<string, readonly KubeObject[]>> = {
    '/serviceaccounts': [
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'default' } },
    ],
    ...present,
  }
  let count = 0
  return {
    now: Date.parse('2026-01-01T00:00:00Z'),
    user: { username: 'tester', groups: ['system:authenticated'] },
    dryRun: false,
    reader: {
      get: (resource, namespace, name) =>
        objects[resource]?.find(one => one.metadata.name === name && (one.metadata.namespace ?? '') === namespace),
      list: resource => objects[resource] ?? [],
    },
    random: length => String(++count).padStart(length, 'x'),
    warn: () => {},
  }
}

/** What the server stores for a manifest, or the message with which it refuses it. */
export function create(given: unknown, context: StrategyContext = strategyContext()): KubeObject | string {
  const manifest = given as KubeObject
  const kind = kindOf(manifest)
  const { strategy } = kind
  const namespace = kind.namespaced ? { namespace: 'default' } : {}
  const object: KubeObject = { ...manifest, metadata: { ...namespace, ...manifest.metadata } }
  return outcome(() => {
    const defaulted = strategy.defaults?.(object) ?? object
    const admitted = strategy.admit?.(defaulted, undefined, context) ?? defaulted
    const { status: _status, ...bare } = admitted
    const fresh = (kind.subresources.includes('status') ? bare : admitted) as KubeObject
    const prepared = strategy.prepareForCreate?.(fresh, context) ?? fresh
    const errors = strategy.validate?.(prepared, context) ?? []
    if (errors.length > 0) throw invalidObject(kind, prepared.metadata.name, errors)
    return prepared
  })
}

/** What the server stores for a changed object, or the message with which it refuses the change. */
export function update(
  old: KubeObject | string,
  change: (object: KubeObject) => KubeObject,
  context: StrategyContext = strategyContext(),
): KubeObject | string {
  if (typeof old === 'string') throw new Error(old)
  const kind = kindOf(old)
  const { strategy } = kind
  return outcome(() => {
    const changed = change(old)
    const defaulted = strategy.defaults?.(changed) ?? changed
    const admitted = strategy.admit?.(defaulted, old, context) ?? defaulted
    const prepared = strategy.prepareForUpdate?.(admitted, old, context) ?? admitted
    const errors = strategy.validateUpdate?.(prepared, old, context) ?? []
    if (errors.length > 0) throw invalidObject(kind, prepared.metadata.name, errors)
    return prepared
  })
}

/** A change of some fields of the specification. */
export function withSpec(fields: Readonly<Record<string, unknown>>): (object: KubeObject) => KubeObject {
  return object => ({ ...object, spec: { ...(object['spec'] as object), ...fields } }) as unknown as KubeObject
}

/** The table of an object as `kubectl get -o wide` prints it: columns, and one line of cells. */
export function table(given: unknown, now: string): string {
  const object = given as KubeObject
  const columns = kindOf(object).columns ?? []
  const cells = columns.map(column => String(column.cell(object, Date.parse(now))))
  return columns.map((column, index) => `${column.name.toUpperCase()}: ${cells[index]}\n`).join('')
}

function outcome(run: () => KubeObject): KubeObject | string {
  try {
    return run()
  } catch (error) {
    if (error instanceof StatusError) return error.message
    throw error
  }
}
