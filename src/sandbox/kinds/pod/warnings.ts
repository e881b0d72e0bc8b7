import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../../../manifest/json.ts'
import type { KubeObject } from '../../../manifest/object.ts'
import { parseQuantity } from '../../../manifest/quantity.ts'
import { child } from '../../field-error.ts'
import { nameErrors } from '../../registry/names.ts'
import { asJson, has, numberAt, objectAt, objectsAt, textAt } from '../schema/value.ts'

/** The warnings of a workload about the pod template at a path; an update warns only when it changes the specification. */
export function templateWarnings(
  ...path: readonly string[]
): (object: KubeObject, old: KubeObject | undefined) => readonly string[] {
  return (object, old) =>
    old !== undefined && isDeepStrictEqual(object['spec'], old['spec'])
      ? []
      : podWarnings(objectAt(asJson(object), ...path, 'spec'), path.join('.'))
}

/** The warnings about a new Pod. */
export function wholePodWarnings(object: KubeObject, old: KubeObject | undefined): readonly string[] {
  if (old !== undefined) return []
  const problems = nameErrors('dns1123Label', object.metadata.name)
  const name =
    problems.length === 0
      ? []
      : [
          `metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [${problems.join(' ')}]`,
        ]
  return [...name, ...podWarnings(objectAt(asJson(object), 'spec'), '')]
}

const withoutFunction: Readonly<Record<string, string>> = {
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
}

function podWarnings(spec: JsonObject, path: string): readonly string[] {
  const warnings: string[] = []
  const at = (...steps: readonly (string | number)[]) => child(path, 'spec', ...steps)
  objectsAt(spec, 'topologySpreadConstraints').forEach((constraint, index) => {
    if (!has(constraint, 'labelSelector'))
      warnings.push(
        `${at('topologySpreadConstraints', index, 'labelSelector')}: a null labelSelector results in matching no pod`,
      )
  })
  objectsAt(spec, 'volumes').forEach((volume, index) => {
    for (const [type, message] of Object.entries(withoutFunction))
      if (has(volume, type)) warnings.push(`${at('volumes', index, type)}: ${message}`)
  })
  repeated(objectsAt(spec, 'hostAliases'), 'ip', at('hostAliases'), warnings)
  repeated(objectsAt(spec, 'imagePullSecrets'), 'name', at('imagePullSecrets'), warnings)
  const containers = ['initContainers', 'containers'].flatMap(list =>
    objectsAt(spec, list).map((container, index) => ({ container, path: at(list, index) })),
  )
  for (const one of containers) {
    fractions(one.container, one.path, warnings)
    hiddenVariables(one.container, one.path, warnings)
  }
  overlappingPorts(containers, warnings)
  if (numberAt(spec, 'terminationGracePeriodSeconds') < 0)
    warnings.push(
      `${at('terminationGracePeriodSeconds')}: must be >= 0; negative values are invalid and will be treated as 1`,
    )
  return warnings
}

function repeated(items: readonly JsonObject[], field: string, path: string, warnings: string[]): void {
  const seen = new Set<string>()
  items.forEach((item, index) => {
    const value = textAt(item, field)
    if (seen.has(value)) warnings.push(`${child(path, index, field)}: duplicate ${field} ${JSON.stringify(value)}`)
    seen.add(value)
  })
  items.forEach((item, index) => {
    if (field === 'name' && textAt(item, field) === '')
      warnings.push(`${child(path, index, field)}: invalid empty name ""`)
  })
}

function fractions(container: JsonObject, path: string, warnings: string[]): void {
  for (const resource of ['memory', 'ephemeral-storage'])
    for (const list of ['limits', 'requests']) {
      const text = textAt(container, 'resources', list, resource)
      const quantity = text === '' ? '' : parseQuantity(text)
      if (typeof quantity !== 'string' && quantity.nanos % 1_000_000_000n !== 0n)
        warnings.push(
          `${child(path, 'resources', list, [resource])}: fractional byte value ${JSON.stringify(text)} is invalid, must be an integer`,
        )
    }
}

function hiddenVariables(container: JsonObject, path: string, warnings: string[]): void {
  const seen = new Set<string>()
  objectsAt(container, 'env').forEach((variable, index) => {
    const name = textAt(variable, 'name')
    const value = textAt(variable, 'value')
    const reference = `$(${name})`
    const continues = !has(variable, 'valueFrom') && value !== reference && value.includes(reference)
    if (seen.has(name) && !continues)
      warnings.push(
        `${child(path, 'env', index)}: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`,
      )
    seen.add(name)
  })
}

function overlappingPorts(
  containers: readonly { readonly container: JsonObject; readonly path: string }[],
  warnings: string[],
): void {
  const ports = containers.flatMap(({ container, path }) =>
    objectsAt(container, 'ports').map((port, index) => ({ port, path: child(path, 'ports', index) })),
  )
  const same = (a: JsonObject, b: JsonObject) =>
    numberAt(a, 'containerPort') === numberAt(b, 'containerPort') && textAt(a, 'protocol') === textAt(b, 'protocol')
  ports.forEach(({ port, path }, index) => {
    for (const other of ports.slice(0, index)) {
      if (!same(port, other.port)) continue
      const [mine, theirs] = [numberAt(port, 'hostPort'), numberAt(other.port, 'hostPort')]
      if (mine === theirs && textAt(port, 'hostIP') === textAt(other.port, 'hostIP'))
        warnings.push(`${path}: duplicate port definition with ${other.path}`)
      else if (mine === 0 || theirs === 0) warnings.push(`${path}: overlapping port definition with ${other.path}`)
    }
  })
  const names = new Map<string, string>()
  for (const { port, path } of ports) {
    const name = textAt(port, 'name')
    const first = names.get(name)
    if (name === '') continue
    if (first === undefined) names.set(name, path)
    else
      warnings.push(
        `${path}: duplicate port name ${JSON.stringify(name)} with ${first}, services and probes that select ports by name will use ${first}`,
      )
  }
}
