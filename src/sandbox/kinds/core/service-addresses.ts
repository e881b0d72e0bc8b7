import { isIPv4 } from 'node:net'
import type { JsonObject } from '../../../manifest/json.ts'
import type { KubeObject } from '../../../manifest/object.ts'
import { type FieldError, invalid, invalidObject } from '../../field-error.ts'
import type { StrategyContext } from '../../kind.ts'
import { checkIp } from '../checks.ts'
import { asJson, asKube, at, has, labelsAt, numberAt, objectAt, objectsAt, textAt, textsAt } from '../schema/value.ts'

const serviceKind = { group: '', kind: 'Service' }

/**
 * Gives a service its addresses and node ports as the API server's allocators do: what is asked for when it is free, else
 * free ones; an update that leaves them out keeps those of the old object, and a change of type drops what no longer fits.
 * Cluster IPs are from 10.96.0.0/16, node ports from 30000 to 32767.
 */
export function admitService(object: KubeObject, old: KubeObject | undefined, context: StrategyContext): KubeObject {
  const before = old === undefined ? undefined : objectAt(asJson(old), 'spec')
  let spec = objectAt(asJson(object), 'spec')
  if (before !== undefined) spec = keptFrom(before, spec)
  spec = withClusterIps(spec, before)
  spec = withFamilies(spec)
  refuseBadAddresses(object.metadata.name, spec)
  spec = allocateClusterIp(object.metadata.name, spec, before, context)
  spec = allocateNodePorts(object.metadata.name, spec, context)
  return asKube({ ...asJson(object), spec })
}

const needsClusterIp = (spec: JsonObject) => textAt(spec, 'type') !== 'ExternalName'

function needsNodePort(spec: JsonObject): boolean {
  const type = textAt(spec, 'type')
  return type === 'NodePort' || (type === 'LoadBalancer' && at(spec, 'allocateLoadBalancerNodePorts') !== false)
}

const needsHealthCheckPort = (spec: JsonObject) =>
  textAt(spec, 'type') === 'LoadBalancer' && textAt(spec, 'externalTrafficPolicy') === 'Local'

/** Carries over what an author normally leaves out, and drops what belonged to the old type and was not touched. */
function keptFrom(before: JsonObject, given: JsonObject): JsonObject {
  const spec: Record<string, JsonObject[string]> = { ...given }
  if (needsClusterIp(before) && needsClusterIp(given)) {
    if (!textAt(spec, 'clusterIP') && !textAt(spec['clusterIPs'], '0')) spec['clusterIP'] = at(before, 'clusterIP')
    if (textsAt(spec, 'clusterIPs').length === 0 && spec['clusterIP'] === before['clusterIP'])
      spec['clusterIPs'] = at(before, 'clusterIPs')
  }
  if (needsNodePort(before) && needsNodePort(given)) spec['ports'] = keptNodePorts(before, given)
  if (needsHealthCheckPort(before) && needsHealthCheckPort(given) && !numberAt(spec, 'healthCheckNodePort'))
    spec['healthCheckNodePort'] = at(before, 'healthCheckNodePort')
  if (needsClusterIp(before) && !needsClusterIp(given)) {
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'])
      if (JSON.stringify(spec[field]) === JSON.stringify(before[field])) delete spec[field]
  }
  if (needsNodePort(before) && !needsNodePort(given) && sameNodePorts(before, given))
    spec['ports'] = objectsAt(given, 'ports').map(({ nodePort: _gone, ...port }) => port)
  if (needsHealthCheckPort(before) && !needsHealthCheckPort(given)) delete spec['healthCheckNodePort']
  if (textAt(before, 'type') === 'LoadBalancer' && textAt(given, 'type') !== 'LoadBalancer')
    for (const field of ['allocateLoadBalancerNodePorts', 'loadBalancerClass'])
      if (spec[field] === before[field]) delete spec[field]
  if (!isExternal(given) && isExternal(before) && spec['externalTrafficPolicy'] === before['externalTrafficPolicy'])
    delete spec['externalTrafficPolicy']
  if (textAt(before, 'type') !== 'ExternalName' && textAt(given, 'type') === 'ExternalName')
    if (spec['internalTrafficPolicy'] === before['internalTrafficPolicy']) delete spec['internalTrafficPolicy']
  return spec
}

function isExternal(spec: JsonObject): boolean {
  const type = textAt(spec, 'type')
  return type === 'NodePort' || type === 'LoadBalancer' || textsAt(spec, 'externalIPs').length > 0
}

function keptNodePorts(before: JsonObject, given: JsonObject): readonly JsonObject[] {
  const byName = new Map(objectsAt(before, 'ports').map(port => [textAt(port, 'name'), numberAt(port, 'nodePort')]))
  const used = new Set(objectsAt(given, 'ports').map(port => numberAt(port, 'nodePort')))
  return objectsAt(given, 'ports').map(port => {
    const kept = byName.get(textAt(port, 'name')) ?? 0
    return numberAt(port, 'nodePort') !== 0 || kept === 0 || used.has(kept) ? port : { ...port, nodePort: kept }
  })
}

function sameNodePorts(before: JsonObject, given: JsonObject): boolean {
  const list = (spec: JsonObject) => objectsAt(spec, 'ports').map(port => numberAt(port, 'nodePort'))
  const old = new Set(list(before))
  return list(given).every(port => port === 0 || old.has(port))
}

/** Keeps `clusterIP` and the first of `clusterIPs` the same, whichever of them the author changed. */
function withClusterIps(spec: JsonObject, before: JsonObject | undefined): JsonObject {
  const single = textAt(spec, 'clusterIP')
  const list = textsAt(spec, 'clusterIPs')
  if (before === undefined) return single !== '' && list.length === 0 ? { ...spec, clusterIPs: [single] } : spec
  const sameList = JSON.stringify(list) === JSON.stringify(textsAt(before, 'clusterIPs'))
  if (single === textAt(before, 'clusterIP') || !sameList) return spec
  const { clusterIPs: _gone, ...rest } = spec
  return single === '' ? rest : { ...spec, clusterIPs: [single] }
}

function refuseBadAddresses(name: string, spec: JsonObject): void {
  const errors: FieldError[] = []
  textsAt(spec, 'clusterIPs').forEach((ip, index) => {
    if (ip === 'None') return
    const path = `spec.clusterIPs[${index}]`
    checkIp(ip, path, errors)
    const family = textsAt(spec, 'ipFamilies')[index]
    if (errors.length === 0 && family !== undefined && family !== ipFamily(ip))
      errors.push(invalid(path, ip, `expected an ${family} value as indicated by \`ipFamilies[${index}]\``))
  })
  if (errors.length > 0) throw invalidObject(serviceKind, name, errors)
}

function withFamilies(spec: JsonObject): JsonObject {
  if (!needsClusterIp(spec)) return spec
  const headless = textsAt(spec, 'clusterIPs')[0] === 'None'
  const alone = headless && Object.keys(labelsAt(spec, 'selector')).length === 0
  const policy = textAt(spec, 'ipFamilyPolicy') || (alone ? 'RequireDualStack' : 'SingleStack')
  const first = textsAt(spec, 'clusterIPs')[0]?.includes(':') ? 'IPv6' : 'IPv4'
  const families = textsAt(spec, 'ipFamilies')
  const filled = families.length > 0 ? families : alone && policy !== 'SingleStack' ? ['IPv4', 'IPv6'] : [first]
  return { ...spec, ipFamilies: filled, ipFamilyPolicy: policy }
}

function allocateClusterIp(
  name: string,
  spec: JsonObject,
  before: JsonObject | undefined,
  context: StrategyContext,
): JsonObject {
  if (!needsClusterIp(spec)) return spec
  const wanted = textsAt(spec, 'clusterIPs')[0] ?? ''
  if (wanted === 'None' || (wanted !== '' && wanted === textAt(before, 'clusterIP')))
    return textAt(spec, 'clusterIP') === '' ? { ...spec, clusterIP: wanted } : spec
  const taken = new Set(context.reader.list('/services').map(one => textAt(one, 'spec', 'clusterIP')))
  if (wanted !== '') return { ...spec, clusterIP: wanted }
  for (let attempt = 0; attempt < 64; attempt++) {
    const bits = hash(`${name}/${context.random(8)}/${attempt}`)
    const ip = `10.96.${bits & 255}.${1 + ((bits >>> 8) % 254)}`
    if (!taken.has(ip)) return { ...spec, clusterIP: ip, clusterIPs: [ip] }
  }
  throw invalidObject(serviceKind, name, [invalid('spec.clusterIPs', null, 'failed to allocate IP: range is full')])
}

function allocateNodePorts(name: string, spec: JsonObject, context: StrategyContext): JsonObject {
  const wantsPorts = needsNodePort(spec)
  const wantsHealthCheck = needsHealthCheckPort(spec) && numberAt(spec, 'healthCheckNodePort') === 0
  if (!wantsPorts && !wantsHealthCheck) return spec
  const taken = new Set<number>()
  for (const other of context.reader.list('/services')) {
    for (const port of objectsAt(other, 'spec', 'ports')) taken.add(numberAt(port, 'nodePort'))
    taken.add(numberAt(other, 'spec', 'healthCheckNodePort'))
  }
  const free = (seed: string): number => {
    for (let attempt = 0; ; attempt++) {
      const port = 30000 + (hash(`${seed}/${context.random(8)}/${attempt}`) % 2768)
      if (taken.has(port) && attempt < 10_000) continue
      taken.add(port)
      return port
    }
  }
  const ports = objectsAt(spec, 'ports').map((port, index) => {
    if (!wantsPorts || numberAt(port, 'nodePort') !== 0) return port
    return { ...port, nodePort: free(`${name}/${index}`) }
  })
  return {
    ...spec,
    ...(has(spec, 'ports') ? { ports } : {}),
    ...(wantsHealthCheck ? { healthCheckNodePort: free(`${name}/health`) } : {}),
  }
}

/**
 * Why addresses or node ports that an author asks for cannot be had: outside of the range, or taken. Runs after everything
 * else about the service was found right.
 */
export function checkAllocations(
  object: JsonObject,
  old: JsonObject | undefined,
  errors: FieldError[],
  context: StrategyContext,
): void {
  const spec = objectAt(object, 'spec')
  const self = textAt(object, 'metadata', 'uid')
  const others = () => context.reader.list('/services').filter(one => one.metadata.uid !== self)
  const ip = textAt(spec, 'clusterIP')
  if (ip !== '' && ip !== 'None' && ip !== textAt(old, 'spec', 'clusterIP')) {
    const refuse = (reason: string) =>
      errors.push(invalid('spec.clusterIPs', [ip], `failed to allocate IP ${ip}: ${reason}`))
    if (isIPv4(ip) && !ip.startsWith('10.96.'))
      refuse(`the provided IP (${ip}) is not in the valid range. The range of valid IPs is 10.96.0.0/16`)
    else if (others().some(one => textAt(one, 'spec', 'clusterIP') === ip)) refuse('provided IP is already allocated')
  }
  const kept = new Set(objectsAt(old, 'spec', 'ports').map(port => numberAt(port, 'nodePort')))
  // the server reserves ports only for what it keeps
  if (context.dryRun) return
  objectsAt(spec, 'ports').forEach((port, index) => {
    const nodePort = numberAt(port, 'nodePort')
    if (nodePort === 0 || kept.has(nodePort)) return
    const path = `spec.ports[${index}].nodePort`
    if (nodePort < 30000 || nodePort > 32767)
      errors.push(
        invalid(path, nodePort, 'provided port is not in the valid range. The range of valid ports is 30000-32767'),
      )
    else if (others().some(one => objectsAt(one, 'spec', 'ports').some(other => other['nodePort'] === nodePort)))
      errors.push(invalid(path, nodePort, 'provided port is already allocated'))
  })
}

function ipFamily(ip: string): 'IPv4' | 'IPv6' {
  return isIPv4(ip) ? 'IPv4' : 'IPv6'
}

/** FNV-1a, for spreading; nothing depends on its strength. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  return value >>> 0
}
