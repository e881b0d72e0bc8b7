import type { JsonObject } from '../../../manifest/json.ts'
import { child, duplicate, forbiddenField, invalid, missing, notSupported, required } from '../../field-error.ts'
import { nameErrors } from '../../registry/names.ts'
import { checkDnsLabel, checkOneOf, checkPortNumber, configKeyErrors, type Errors, portNameErrors } from '../checks.ts'
import { at, has, numberAt, objectAt, objectsAt, textAt } from '../schema/value.ts'
import { checkProbes } from './validate-probes.ts'
import { checkResources } from './validate-resources.ts'

/** `spec.containers`. `volumes` are the names that mounts may refer to. */
export function checkContainers(
  containers: readonly JsonObject[],
  volumes: ReadonlySet<string>,
  path: string,
  errors: Errors,
): void {
  if (containers.length === 0) {
    errors.push(required(path))
    return
  }
  const names = new Set<string>()
  const hostPorts = new Set<string>()
  containers.forEach((container, index) => {
    const here = child(path, index)
    checkContainer(container, volumes, here, errors)
    const name = textAt(container, 'name')
    if (names.has(name)) errors.push(duplicate(child(here, 'name'), name))
    names.add(name)
    checkProbes(container, here, errors)
    if (has(container, 'restartPolicy'))
      errors.push(forbiddenField(child(here, 'restartPolicy'), 'may not be set for non-init containers'))
  })
  containers.forEach((container, index) => {
    checkHostPorts(container, hostPorts, child(path, index), errors)
  })
}

/** `spec.initContainers`; their names must differ from those of the containers. */
export function checkInitContainers(
  containers: readonly JsonObject[],
  regular: readonly JsonObject[],
  volumes: ReadonlySet<string>,
  path: string,
  errors: Errors,
): void {
  const names = new Set(regular.map(container => textAt(container, 'name')))
  containers.forEach((container, index) => {
    const here = child(path, index)
    checkContainer(container, volumes, here, errors)
    const policy = at(container, 'restartPolicy')
    if (policy !== undefined && policy !== null && policy !== 'Always')
      errors.push(notSupported(child(here, 'restartPolicy'), policy, ['Always']))
    const name = textAt(container, 'name')
    if (names.has(name)) errors.push(duplicate(child(here, 'name'), name))
    else if (name !== '') names.add(name)
    if (policy === 'Always') checkProbes(container, here, errors)
    else
      for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'])
        if (has(container, field))
          errors.push(
            forbiddenField(child(here, field), 'may not be set for init containers without restartPolicy=Always'),
          )
  })
}

function checkContainer(container: JsonObject, volumes: ReadonlySet<string>, path: string, errors: Errors): void {
  const name = textAt(container, 'name')
  if (name === '') errors.push(required(child(path, 'name')))
  else checkDnsLabel(name, child(path, 'name'), errors)
  if (textAt(container, 'image') === '') errors.push(required(child(path, 'image')))
  checkOneOf(
    textAt(container, 'terminationMessagePolicy'),
    ['File', 'FallbackToLogsOnError'],
    child(path, 'terminationMessagePolicy'),
    errors,
  )
  checkPorts(objectsAt(container, 'ports'), child(path, 'ports'), errors)
  objectsAt(container, 'env').forEach((variable, index) => {
    checkVariable(variable, child(path, 'env', index), errors)
  })
  checkEnvFrom(objectsAt(container, 'envFrom'), child(path, 'envFrom'), errors)
  checkMounts(objectsAt(container, 'volumeMounts'), volumes, child(path, 'volumeMounts'), errors)
  checkOneOf(
    textAt(container, 'imagePullPolicy'),
    ['Always', 'IfNotPresent', 'Never'],
    child(path, 'imagePullPolicy'),
    errors,
  )
  checkResources(objectAt(container, 'resources'), child(path, 'resources'), errors)
}

function checkPorts(ports: readonly JsonObject[], path: string, errors: Errors): void {
  const names = new Set<string>()
  ports.forEach((port, index) => {
    const here = child(path, index)
    const name = textAt(port, 'name')
    if (name !== '') {
      const problems = portNameErrors(name)
      for (const problem of problems) errors.push(invalid(child(here, 'name'), name, problem))
      if (problems.length === 0 && names.has(name)) errors.push(duplicate(child(here, 'name'), name))
      names.add(name)
    }
    const number = numberAt(port, 'containerPort')
    if (number === 0) errors.push(required(child(here, 'containerPort')))
    else checkPortNumber(number, child(here, 'containerPort'), errors)
    const hostPort = numberAt(port, 'hostPort')
    if (hostPort !== 0) checkPortNumber(hostPort, child(here, 'hostPort'), errors)
    checkOneOf(textAt(port, 'protocol'), ['SCTP', 'TCP', 'UDP'], child(here, 'protocol'), errors)
  })
}

function checkHostPorts(container: JsonObject, seen: Set<string>, path: string, errors: Errors): void {
  objectsAt(container, 'ports').forEach((port, index) => {
    const hostPort = numberAt(port, 'hostPort')
    if (hostPort === 0) return
    const key = `${textAt(port, 'protocol')}/${textAt(port, 'hostIP')}/${hostPort}`
    if (seen.has(key)) errors.push(duplicate(child(path, 'ports', index, 'hostPort'), key))
    seen.add(key)
  })
}

const sources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef'] as const

function checkVariable(variable: JsonObject, path: string, errors: Errors): void {
  const name = textAt(variable, 'name')
  if (name === '') errors.push(required(child(path, 'name')))
  else if (!/^[ -<>-~]+$/.test(name))
    errors.push(
      invalid(
        child(path, 'name'),
        name,
        "a valid environment variable name must consist only of printable ASCII characters other than '='",
      ),
    )
  if (!has(variable, 'valueFrom')) return
  const here = child(path, 'valueFrom')
  const from = objectAt(variable, 'valueFrom')
  const given = sources.filter(source => has(from, source))
  for (const source of ['configMapKeyRef', 'secretKeyRef'] as const)
    if (has(from, source)) checkKeySelector(objectAt(from, source), child(here, source), errors)
  if (has(from, 'fieldRef') && textAt(from, 'fieldRef', 'fieldPath') === '')
    errors.push(required(child(here, 'fieldRef', 'fieldPath')))
  if (given.length === 0)
    errors.push(
      invalid(here, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`'),
    )
  else if (textAt(variable, 'value') !== '')
    errors.push(invalid(here, '', 'may not be specified when `value` is not empty'))
  else if (given.length > 1) errors.push(invalid(here, '', 'may not have more than one field specified at a time'))
}

function checkKeySelector(selector: JsonObject, path: string, errors: Errors): void {
  const name = textAt(selector, 'name')
  for (const problem of nameErrors('dns1123Subdomain', name)) errors.push(invalid(child(path, 'name'), name, problem))
  const key = textAt(selector, 'key')
  if (key === '') errors.push(required(child(path, 'key')))
  else for (const problem of configKeyErrors(key)) errors.push(invalid(child(path, 'key'), key, problem))
}

function checkEnvFrom(list: readonly JsonObject[], path: string, errors: Errors): void {
  for (const source of list) {
    const given = ['configMapRef', 'secretRef'].filter(field => has(source, field))
    if (given.length === 0) errors.push(invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'))
    else if (given.length > 1) errors.push(invalid(path, '', 'may not have more than one field specified at a time'))
  }
}

function checkMounts(mounts: readonly JsonObject[], volumes: ReadonlySet<string>, path: string, errors: Errors): void {
  const paths = new Set<string>()
  mounts.forEach((mount, index) => {
    const here = child(path, index)
    const name = textAt(mount, 'name')
    const mountPath = textAt(mount, 'mountPath')
    if (name === '') errors.push(required(child(here, 'name')))
    if (!volumes.has(name)) errors.push(missing(child(here, 'name'), name))
    if (mountPath === '') errors.push(required(child(here, 'mountPath')))
    if (paths.has(mountPath)) errors.push(invalid(child(here, 'mountPath'), mountPath, 'must be unique'))
    paths.add(mountPath)
    for (const field of ['subPath', 'subPathExpr']) {
      const text = textAt(mount, field)
      if (text.startsWith('/')) errors.push(invalid(child(path, field), text, 'must be a relative path'))
      if (text.split('/').includes('..')) errors.push(invalid(child(path, field), text, "must not contain '..'"))
    }
  })
}
