import type { Environment } from '@marcbachmann/cel-js'
import { type Compilation, compile } from '../../cel/compile.ts'
import { createKubernetesEnvironment } from '../../cel/kubernetes.ts'
import { toCel } from '../../cel/values.ts'
import type { JsonObject, JsonValue } from '../../manifest/json.ts'
import type { Authorizer } from '../auth/rbac.ts'
import type { Registry } from '../registry/registry.ts'
import { type AdmissionAttributes, kindOf, type MatchedResource, shownAs } from './attributes.ts'
import { AuthorizerValue, ResourceCheck, registerAuthorizer } from './authorizer-value.ts'

/** What an expression may use beside `object`, `oldObject`, `request` and `namespaceObject`. */
export interface ExpressionScope {
  readonly params: boolean
  readonly authorizer: boolean
  /** Names of `variables`; undefined where there are none, which makes the name itself unknown. */
  readonly variables: readonly string[] | undefined
}

/** Compiles expressions of a policy or a webhook; those with the same scope share an environment. */
export type ExpressionCompiler = (text: string, types: readonly string[], scope: ExpressionScope) => Compilation

/** A compiler for the expressions of one policy. Errors are worded as the API server words them. */
export function createExpressionCompiler(): ExpressionCompiler {
  const environments = new Map<string, Environment>()
  return (text, types, scope) => {
    const key = JSON.stringify(scope)
    const environment = environments.get(key) ?? createAdmissionEnvironment(scope)
    environments.set(key, environment)
    const compiled = compile(environment, text)
    if (compiled.error !== undefined) return { error: `compilation failed: ${compiled.error}` }
    const type = compiled.value.type === 'null' ? 'null_type' : compiled.value.type
    if (types.length === 0 || types.includes(type)) return compiled
    const wanted = types.length === 1 ? types[0] : `one of [${types.join(' ')}]`
    return { error: `must evaluate to ${wanted} but got ${type}` }
  }
}

const KIND = { group: 'string', version: 'string', kind: 'string' }
const RESOURCE = { group: 'string', version: 'string', resource: 'string' }
const REQUEST = {
  kind: KIND,
  resource: RESOURCE,
  subResource: 'string',
  requestKind: KIND,
  requestResource: RESOURCE,
  requestSubResource: 'string',
  name: 'string',
  namespace: 'string',
  operation: 'string',
  userInfo: { username: 'string', uid: 'string', groups: 'list<string>', extra: 'map<string, list<string>>' },
  dryRun: 'bool',
  options: 'dyn',
}

function createAdmissionEnvironment({ params, authorizer, variables }: ExpressionScope): Environment {
  const environment = createKubernetesEnvironment({
    object: 'dyn',
    oldObject: 'dyn',
    namespaceObject: 'dyn',
    ...(params ? { params: 'dyn' } : {}),
  })
  const declare = (name: string, schema: object) => environment.registerVariable({ name, schema } as never)
  declare('request', REQUEST)
  if (variables !== undefined) declare('variables', Object.fromEntries(variables.map(name => [name, 'dyn'])))
  if (authorizer) registerAuthorizer(environment)
  return environment
}

/** Values of the variables of expressions for one request, in the version of the resource that was matched. */
export function activation(
  registry: Registry,
  authorizer: Authorizer,
  attributes: AdmissionAttributes,
  matched: MatchedResource,
): Readonly<Record<string, unknown>> {
  const asker = new AuthorizerValue(authorizer, attributes.user)
  const { kind, subresource, namespace, name } = attributes
  const requestResource = new ResourceCheck(asker, {
    group: kind.group,
    version: attributes.version.version,
    resource: kind.plural,
    subresource,
    namespace,
    name,
  })
  return {
    object: toCel(shownAs(attributes, matched, attributes.object)),
    oldObject: toCel(shownAs(attributes, matched, attributes.oldObject)),
    namespaceObject: toCel(namespaceOf(registry, attributes)),
    request: toCel(requestOf(attributes, matched)),
    authorizer: Object.assign(asker, { requestResource }),
  }
}

/** The fields that a webhook's request and the `request` of expressions have in common. */
export function requestOf(attributes: AdmissionAttributes, matched: MatchedResource): JsonObject {
  const asked: MatchedResource = { kind: attributes.kind, version: attributes.version }
  const { subresource, namespace, name, operation, user, dryRun, options } = attributes
  return {
    kind: kindOf(attributes, matched) as unknown as JsonObject,
    resource: resourceName(matched),
    ...(subresource === '' ? {} : { subResource: subresource }),
    requestKind: kindOf(attributes, asked) as unknown as JsonObject,
    requestResource: resourceName(asked),
    ...(subresource === '' ? {} : { requestSubResource: subresource }),
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    operation,
    userInfo: {
      username: user.username,
      ...(user.uid === undefined ? {} : { uid: user.uid }),
      groups: user.groups,
      ...(user.extra === undefined ? {} : { extra: user.extra as unknown as JsonObject }),
    },
    dryRun,
    options: options ?? null,
  }
}

function resourceName({ kind, version }: MatchedResource): JsonObject {
  return { group: kind.group, version: version.version, resource: kind.plural }
}

/** The namespace of the object, without the parts of its metadata that are nobody's business; null for what has none. */
function namespaceOf(registry: Registry, { kind, namespace }: AdmissionAttributes): JsonValue {
  if (namespace === '' || (kind.group === '' && kind.kind === 'Namespace')) return null
  const found = registry.store.get('/namespaces', '', namespace)?.object
  if (found === undefined) return null
  const { managedFields: _m, ownerReferences: _o, ...metadata } = found.metadata
  return { ...found, metadata } as unknown as JsonObject
}
