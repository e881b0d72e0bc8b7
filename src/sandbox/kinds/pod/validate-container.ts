import type { JsonObject } from '../../../manifest/json.ts'
import { labelValueErrors, qualifiedNameErrors } from '../../../manifest/label-syntax.ts'
import { compareQuantities, parseQuantity, quantityMilliValue } from '../../../manifest/quantity.ts'
import { child, duplicate, forbiddenField, invalid, missing, notSupported, required } from '../../field-error.ts'
import { nameErrors } from '../../registry/names.ts'
import {
  checkDnsLabel,
  checkNonNegative,
  checkOneOf,
  checkPortNumber,
  checkPortNumberOrName,
  configKeyErrors,
  type Errors,
  portNameErrors,
} from '../checks.ts'
import { at, has, labelsAt, numberAt, objectAt, objectsAt, textAt } from '../schema/value.ts'

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

const standardResources: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage'])
const known: ReadonlySet<string> = new Set([
  ...standardResources,
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'storage',
  'requests.storage',
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.loadbalancers',
  'services.nodeports',
])

/** Requests and limits: names, amounts, and no request above its limit. */
export function checkResources(resources: JsonObject, path: string, errors: Errors): void {
  const limits = labelsAt(resources, 'limits')
  const requests = labelsAt(resources, 'requests')
  for (const [name, text] of Object.entries(limits)) checkResource(name, text, child(path, 'limits', [name]), errors)
  for (const [name, text] of Object.entries(requests)) {
    checkResource(name, text, child(path, 'requests', [name]), errors)
    const limit = limits[name]
    const most = limit === undefined ? undefined : parseQuantity(limit)
    const wanted = parseQuantity(text)
    if (typeof wanted === 'string' || typeof most === 'string') continue
    const overcommit = !name.startsWith('hugepages-') && (!name.includes('/') || name.includes('kubernetes.io/'))
    if (most === undefined) {
      if (!overcommit)
        errors.push(required(child(path, 'limits'), 'Limit must be set for non overcommitable resources'))
    } else if (!overcommit && compareQuantities(wanted, most) !== 0)
      errors.push(invalid(child(path, 'requests'), text, `must be equal to ${name} limit of ${limit}`))
    else if (compareQuantities(wanted, most) > 0)
      errors.push(invalid(child(path, 'requests'), text, `must be less than or equal to ${name} limit of ${limit}`))
  }
}

function checkResource(name: string, text: string, path: string, errors: Errors): void {
  if (!standardResources.has(name)) {
    const problems = qualifiedNameErrors(name)
    for (const problem of problems) errors.push(invalid(path, name, problem))
    if (problems.length === 0 && !name.includes('/') && !name.startsWith('hugepages-')) {
      if (!known.has(name)) errors.push(invalid(path, name, 'must be a standard resource type or fully qualified'))
      errors.push(invalid(path, name, 'must be a standard resource for containers'))
    }
  }
  checkQuantity(text, path, errors)
  const quantity = parseQuantity(text)
  if (name.includes('/') && typeof quantity !== 'string' && quantityMilliValue(quantity) % 1000n !== 0n)
    errors.push(invalid(path, text, 'must be an integer'))
}

/** An amount that is not negative. */
export function checkQuantity(text: string, path: string, errors: Errors): void {
  const quantity = parseQuantity(text)
  if (typeof quantity !== 'string' && quantity.nanos < 0n)
    errors.push(invalid(path, text, 'must be greater than or equal to 0'))
}

function checkProbes(container: JsonObject, path: string, errors: Errors): void {
  const lifecycle = objectAt(container, 'lifecycle')
  for (const hook of ['postStart', 'preStop'])
    if (has(lifecycle, hook)) checkHandler(objectAt(lifecycle, hook), child(path, 'lifecycle', hook), errors)
  for (const field of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    if (!has(container, field)) continue
    const here = child(path, field)
    const probe = objectAt(container, field)
    checkHandler(probe, here, errors)
    for (const number of [
      'initialDelaySeconds',
      'timeoutSeconds',
      'periodSeconds',
      'successThreshold',
      'failureThreshold',
    ])
      checkNonNegative(probe, number, here, errors)
    const grace = at(probe, 'terminationGracePeriodSeconds')
    if (typeof grace === 'number' && grace <= 0)
      errors.push(invalid(child(here, 'terminationGracePeriodSeconds'), grace, 'must be greater than 0'))
    const successes = numberAt(probe, 'successThreshold')
    if (field === 'readinessProbe') {
      if (grace !== undefined)
        errors.push(invalid(child(here, 'terminationGracePeriodSeconds'), grace, 'must not be set for readinessProbes'))
    } else if (successes !== 1) errors.push(invalid(child(here, 'successThreshold'), successes, 'must be 1'))
  }
}

const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const

function checkHandler(handler: JsonObject, path: string, errors: Errors): void {
  const given = handlers.filter(one => has(handler, one))
  if (given.length === 0) errors.push(required(path, 'must specify a handler type'))
  given.forEach((type, index) => {
    const here = child(path, type)
    if (index > 0) errors.push(forbiddenField(here, 'may not specify more than 1 handler type'))
    else if (type === 'exec') {
      if (objectsAt(handler, 'exec', 'command').length === 0) errors.push(required(child(here, 'command')))
    } else if (type === 'httpGet') {
      checkPortNumberOrName(at(handler, 'httpGet', 'port'), child(here, 'port'), errors)
      checkOneOf(textAt(handler, 'httpGet', 'scheme'), ['HTTP', 'HTTPS'], child(here, 'scheme'), errors)
    } else if (type === 'tcpSocket')
      checkPortNumberOrName(at(handler, 'tcpSocket', 'port'), child(here, 'port'), errors)
    else if (type === 'grpc') checkPortNumber(numberAt(handler, 'grpc', 'port'), child(here, 'port'), errors)
  })
}

/** `spec.tolerations`. */
export function checkTolerations(tolerations: readonly JsonObject[], path: string, errors: Errors): void {
  tolerations.forEach((toleration, index) => {
    const here = child(path, index)
    const key = textAt(toleration, 'key')
    const operator = textAt(toleration, 'operator')
    const value = textAt(toleration, 'value')
    const effect = textAt(toleration, 'effect')
    if (key !== '')
      for (const problem of qualifiedNameErrors(key)) errors.push(invalid(child(here, 'key'), key, problem))
    else if (operator !== 'Exists')
      errors.push(
        invalid(
          child(here, 'operator'),
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      )
    if (has(toleration, 'tolerationSeconds') && effect !== 'NoExecute')
      errors.push(invalid(child(here, 'effect'), effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"))
    if (operator === 'Exists') {
      if (value !== '')
        errors.push(invalid(child(here, 'operator'), value, "value must be empty when `operator` is 'Exists'"))
    } else if (operator !== '' && operator !== 'Equal')
      errors.push(notSupported(child(here, 'operator'), operator, ['Equal', 'Exists']))
    else {
      const problems = labelValueErrors(value)
      if (problems.length > 0) errors.push(invalid(child(here, 'operator'), value, problems.join(';')))
    }
    if (effect !== '')
      checkOneOf(effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute'], child(here, 'effect'), errors)
  })
}
