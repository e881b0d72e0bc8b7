import type { JsonObject } from '../../../manifest/json.ts'
import { child, duplicate, forbiddenField, invalid, notSupported, required } from '../../field-error.ts'
import { nameErrors } from '../../registry/names.ts'
import { checkAnnotations, checkDnsLabel, checkLabels, checkOneOf, type Errors } from '../checks.ts'
import { at, has, labelsAt, numberAt, objectAt, objectsAt, textAt } from '../schema/value.ts'
import { checkClaimSpec } from './validate-claim.ts'
import { checkContainers, checkInitContainers } from './validate-container.ts'
import { checkTolerations } from './validate-tolerations.ts'

const maxInt32 = 2147483647

/** A pod template: labels, annotations and the specification. Paths of the metadata are `template.labels`, as the server's. */
export function checkPodTemplate(template: JsonObject, path: string, errors: Errors): void {
  checkLabels(labelsAt(template, 'metadata', 'labels'), child(path, 'labels'), errors)
  checkAnnotations(labelsAt(template, 'metadata', 'annotations'), child(path, 'annotations'), errors)
  checkPodSpec(objectAt(template, 'spec'), child(path, 'spec'), errors)
  if (objectsAt(template, 'spec', 'ephemeralContainers').length > 0)
    errors.push(
      forbiddenField(child(path, 'spec', 'ephemeralContainers'), 'ephemeral containers not allowed in pod template'),
    )
}

/** The specification of a pod after defaulting. */
export function checkPodSpec(spec: JsonObject, path: string, errors: Errors): void {
  const names = checkVolumes(objectsAt(spec, 'volumes'), child(path, 'volumes'), errors)
  const containers = objectsAt(spec, 'containers')
  checkContainers(containers, names, child(path, 'containers'), errors)
  checkInitContainers(objectsAt(spec, 'initContainers'), containers, names, child(path, 'initContainers'), errors)
  if (at(spec, 'hostNetwork') === true) checkHostNetwork(containers, child(path, 'containers'), errors)
  checkOneOf(textAt(spec, 'restartPolicy'), ['Always', 'OnFailure', 'Never'], child(path, 'restartPolicy'), errors)
  checkOneOf(
    textAt(spec, 'dnsPolicy'),
    ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'],
    child(path, 'dnsPolicy'),
    errors,
  )
  checkLabels(labelsAt(spec, 'nodeSelector'), child(path, 'nodeSelector'), errors)
  checkSpread(objectsAt(spec, 'topologySpreadConstraints'), child(path, 'topologySpreadConstraints'), errors)
  for (const field of ['serviceAccountName', 'nodeName', 'priorityClassName', 'runtimeClassName']) {
    const name = textAt(spec, field)
    if (name === '') continue
    for (const problem of nameErrors('dns1123Subdomain', name)) errors.push(invalid(child(path, field), name, problem))
  }
  const deadline = at(spec, 'activeDeadlineSeconds')
  if (typeof deadline === 'number' && (deadline < 1 || deadline > maxInt32))
    errors.push(invalid(child(path, 'activeDeadlineSeconds'), deadline, `must be between 1 and ${maxInt32}, inclusive`))
  for (const field of ['hostname', 'subdomain']) {
    const name = textAt(spec, field)
    if (name !== '') checkDnsLabel(name, child(path, field), errors)
  }
  checkTolerations(objectsAt(spec, 'tolerations'), child(path, 'tolerations'), errors)
}

function checkVolumes(volumes: readonly JsonObject[], path: string, errors: Errors): ReadonlySet<string> {
  const names = new Set<string>()
  volumes.forEach((volume, index) => {
    const here = child(path, index)
    const before = errors.length
    checkVolumeSource(volume, here, errors)
    const name = textAt(volume, 'name')
    if (name === '') errors.push(required(child(here, 'name')))
    else checkDnsLabel(name, child(here, 'name'), errors)
    if (names.has(name)) errors.push(duplicate(child(here, 'name'), name))
    if (errors.length === before) names.add(name)
  })
  return names
}

function checkVolumeSource(volume: JsonObject, path: string, errors: Errors): void {
  const given = Object.keys(volume).filter(key => key !== 'name' && has(volume, key))
  if (given.length === 0) errors.push(required(path, 'must specify a volume type'))
  for (const extra of given.slice(1))
    errors.push(forbiddenField(child(path, extra), 'may not specify more than 1 volume type'))
  const requiredIn = (source: string, field: string) => {
    if (has(volume, source) && textAt(volume, source, field) === '') errors.push(required(child(path, source, field)))
  }
  switch (given[0]) {
    case 'secret':
      requiredIn('secret', 'secretName')
      break
    case 'configMap':
      requiredIn('configMap', 'name')
      break
    case 'persistentVolumeClaim':
      requiredIn('persistentVolumeClaim', 'claimName')
      break
    case 'hostPath':
      requiredIn('hostPath', 'path')
      break
    case 'nfs':
      requiredIn('nfs', 'server')
      requiredIn('nfs', 'path')
      break
    case 'csi':
      requiredIn('csi', 'driver')
      break
  }
  if (has(volume, 'ephemeral', 'volumeClaimTemplate'))
    checkClaimSpec(
      objectAt(volume, 'ephemeral', 'volumeClaimTemplate', 'spec'),
      child(path, 'ephemeral', 'volumeClaimTemplate', 'spec'),
      errors,
    )
  for (const source of ['secret', 'configMap', 'projected', 'downwardAPI']) {
    const mode = at(volume, source, 'defaultMode')
    if (typeof mode === 'number' && (mode < 0 || mode > 511))
      errors.push(
        invalid(
          child(path, source, 'defaultMode'),
          mode,
          'must be a number between 0 and 0777 (octal), both inclusive',
        ),
      )
    objectsAt(volume, source, 'items').forEach((item, index) => {
      const here = child(path, source, 'items', index)
      if (source !== 'downwardAPI' && textAt(item, 'key') === '') errors.push(required(child(here, 'key')))
      if (textAt(item, 'path') === '') errors.push(required(child(here, 'path')))
    })
  }
}

function checkHostNetwork(containers: readonly JsonObject[], path: string, errors: Errors): void {
  containers.forEach((container, index) => {
    objectsAt(container, 'ports').forEach((port, at) => {
      const hostPort = numberAt(port, 'hostPort')
      const containerPort = numberAt(port, 'containerPort')
      if (hostPort !== 0 && hostPort !== containerPort)
        errors.push(
          invalid(
            child(path, index, 'ports', at, 'containerPort'),
            containerPort,
            'must match `hostPort` when `hostNetwork` is true',
          ),
        )
    })
  })
}

function checkSpread(constraints: readonly JsonObject[], path: string, errors: Errors): void {
  constraints.forEach((constraint, index) => {
    const here = child(path, index)
    const skew = numberAt(constraint, 'maxSkew')
    if (skew <= 0) errors.push(invalid(child(here, 'maxSkew'), skew, 'must be greater than zero'))
    if (textAt(constraint, 'topologyKey') === '') errors.push(required(child(here, 'topologyKey'), 'can not be empty'))
    const unsatisfied = textAt(constraint, 'whenUnsatisfiable')
    if (unsatisfied !== 'DoNotSchedule' && unsatisfied !== 'ScheduleAnyway')
      errors.push(notSupported(child(here, 'whenUnsatisfiable'), unsatisfied, ['DoNotSchedule', 'ScheduleAnyway']))
  })
}

/** The restart policy `Always` and no deadline, as workloads that run for good must have; `what` names them. */
export function checkRunsForGood(template: JsonObject, path: string, what: string, errors: Errors): void {
  const policy = textAt(template, 'spec', 'restartPolicy')
  if (policy !== 'Always') errors.push(notSupported(child(path, 'spec', 'restartPolicy'), policy, ['Always']))
  if (has(template, 'spec', 'activeDeadlineSeconds'))
    errors.push(
      forbiddenField(child(path, 'spec', 'activeDeadlineSeconds'), `activeDeadlineSeconds in ${what} is not Supported`),
    )
}
