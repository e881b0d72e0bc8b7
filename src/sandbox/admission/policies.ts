import { toCel } from '../../cel/values.ts'
import type { JsonObject } from '../../manifest/json.ts'
import { type KubeObject, parseApiVersion } from '../../manifest/object.ts'
import { type LabelSelector, matchesLabels, selectorOf } from '../../manifest/selector.ts'
import type { Authorizer } from '../auth/rbac.ts'
import { storageKey } from '../kind.ts'
import { at, has, textAt } from '../kinds/schema/value.ts'
import { fromStorage } from '../registry/convert.ts'
import type { Registry } from '../registry/registry.ts'
import { StatusError } from '../status.ts'
import { type AdmissionAttributes, refusedByAdmission } from './attributes.ts'
import { evaluatePolicy } from './evaluate.ts'
import { activation } from './expressions.ts'
import { match } from './matching.ts'
import type { Binding, Policy } from './policy.ts'

/** Reasons that a validation may give, and their status codes. */
const CODES: Readonly<Record<string, number>> = {
  Forbidden: 403,
  Unauthorized: 401,
  RequestEntityTooLarge: 413,
  Invalid: 422,
}

interface Denied {
  readonly policy: string
  readonly binding: string | undefined
  readonly message: string
  readonly reason: string
}

/** Resources that expressions never see, so that nobody locks himself out. */
const EXCLUDED: ReadonlySet<string> = new Set([
  'authentication.k8s.io/selfsubjectreviews',
  'authentication.k8s.io/tokenreviews',
  'authorization.k8s.io/localsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectrulesreviews',
  'authorization.k8s.io/subjectaccessreviews',
])

/**
 * Asks every ValidatingAdmissionPolicy. Throws a `StatusError` with the first denial, warns of those of bindings that only
 * warn. Follows the validating policy dispatcher of k8s.io/apiserver.
 */
export function checkPolicies(
  registry: Registry,
  authorizer: Authorizer,
  policies: readonly Policy[],
  attributes: AdmissionAttributes,
): void {
  if (EXCLUDED.has(`${attributes.kind.group}/${attributes.kind.plural}`)) return
  const denied = policies.flatMap(policy => deniedBy(registry, authorizer, policy, attributes))
  const [first] = denied
  if (first === undefined) return
  const by = first.binding === undefined ? '' : ` with binding '${first.binding}'`
  const message = `ValidatingAdmissionPolicy '${first.policy}'${by} denied request: ${first.message}`
  const { status } = refusedByAdmission(attributes, message)
  throw new StatusError({
    ...status,
    code: CODES[first.reason] ?? 422,
    reason: first.reason,
    details: { ...status.details, causes: [{ message }] },
  })
}

function deniedBy(
  registry: Registry,
  authorizer: Authorizer,
  policy: Policy,
  attributes: AdmissionAttributes,
): readonly Denied[] {
  const misconfigured = (error: string, binding?: string): readonly Denied[] =>
    policy.failsClosed
      ? [
          {
            policy: policy.name,
            binding,
            message: `failed to configure ${binding === undefined ? 'policy' : 'binding'}: ${error}`,
            reason: 'Invalid',
          },
        ]
      : []
  let matched: ReturnType<typeof match>
  try {
    matched = match(registry, policy.criteria, attributes)
  } catch (error) {
    return misconfigured((error as Error).message)
  }
  if (matched === undefined) return []
  const source = paramSource(registry, policy)
  if (source === 'unknown')
    return misconfigured(`failed to find resource referenced by paramKind: '${gvkText(policy)}'`)
  let values: Readonly<Record<string, unknown>> | undefined
  return policy.bindings.flatMap(binding => {
    try {
      if (binding.criteria !== undefined && match(registry, binding.criteria, attributes) === undefined) return []
    } catch (error) {
      return misconfigured((error as Error).message, binding.name)
    }
    const params = paramsOf(source, binding, attributes.namespace)
    if (typeof params === 'string') return misconfigured(params, binding.name)
    values ??= activation(registry, authorizer, attributes, matched)
    const all = values
    const denials = params.flatMap(param => evaluatePolicy(policy, { ...all, params: toCel(param) }))
    return denials.flatMap(({ message, reason }): readonly Denied[] => {
      if (binding.actions.includes('Warn'))
        attributes.warn(
          `Validation failed for ValidatingAdmissionPolicy '${policy.name}' with binding '${binding.name}': ${message}`,
        )
      return binding.actions.includes('Deny') ? [{ policy: policy.name, binding: binding.name, message, reason }] : []
    })
  })
}

/** Where the objects of a policy's paramKind are; undefined for a policy without. */
type ParamSource = { readonly namespaced: boolean; list(namespace: string | undefined): readonly KubeObject[] }

function paramSource(registry: Registry, { paramKind }: Policy): ParamSource | 'unknown' | undefined {
  if (paramKind === undefined) return undefined
  const { group, version } = parseApiVersion(paramKind.apiVersion)
  const found = registry.catalog.ofKind(group, paramKind.kind, version)
  if (found === undefined) return 'unknown'
  return {
    namespaced: found.kind.namespaced,
    list: namespace =>
      registry.store
        .list(storageKey(found.kind), namespace)
        .map(({ object }) => fromStorage(found.kind, found.version, object)),
  }
}

function gvkText({ paramKind }: Policy): string {
  const { group, version } = parseApiVersion(paramKind?.apiVersion ?? '')
  return `${group}/${version}, Kind=${paramKind?.kind}`
}

/** The parameters with which a binding is evaluated, each once; a text is what is wrong with the binding. */
function paramsOf(
  source: ParamSource | undefined,
  { paramRef }: Binding,
  namespace: string,
): readonly (JsonObject | undefined)[] | string {
  if (source === undefined || paramRef === undefined) return [undefined]
  const named = textAt(paramRef, 'namespace')
  if (!source.namespaced && named !== '')
    return 'paramRef.namespace must not be provided for a cluster-scoped `paramKind`'
  const where = named || namespace
  if (source.namespaced && where === '')
    return 'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources'
  const all = source.list(source.namespaced ? where : undefined)
  const name = textAt(paramRef, 'name')
  const selector = has(paramRef, 'selector') ? selectorOf(at(paramRef, 'selector') as LabelSelector).value : undefined
  const found =
    name === ''
      ? all.filter(object => selector !== undefined && matchesLabels(selector, object.metadata.labels))
      : all.filter(object => object.metadata.name === name)
  if (found.length === 0 && textAt(paramRef, 'parameterNotFoundAction') === 'Deny')
    return 'no params found for policy binding with `Deny` parameterNotFoundAction'
  return found as unknown as readonly JsonObject[]
}
