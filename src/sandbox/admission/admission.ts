import type { KubeObject } from '../../manifest/object.ts'
import type { Authorizer } from '../auth/rbac.ts'
import type { Registry } from '../registry/registry.ts'
import type { Steps } from '../registry/steps.ts'
import type { Store } from '../store.ts'
import type { AdmissionAttributes } from './attributes.ts'
import { checkPolicies } from './policies.ts'
import { compilePolicy, type Policy } from './policy.ts'
import { type Webhook, webhooksOf } from './webhook.ts'
import { askMutating, askValidating } from './webhooks.ts'

/** The admission that users configure: policies and webhooks. */
export interface Admission {
  /** False where nobody has configured any, which is the common case and costs nothing. */
  readonly configured: boolean
  /** The object as the mutating webhooks leave it; `admit` runs the server's own mutating admission once more. */
  mutate(
    registry: Registry,
    attributes: AdmissionAttributes,
    admit: (object: KubeObject) => KubeObject,
  ): Steps<KubeObject | undefined>
  /** Throws a `StatusError` when a policy or a webhook refuses the request. */
  validate(registry: Registry, attributes: AdmissionAttributes): Steps<void>
}

const GROUP = 'admissionregistration.k8s.io'

interface Configured {
  readonly policies: readonly Policy[]
  readonly mutating: readonly Webhook[]
  readonly validating: readonly Webhook[]
}

/**
 * Admission by the policies and webhook configurations of a store; a change holds for the next request. Out of its bounds:
 * MutatingAdmissionPolicy, which 1.34 serves as beta only; patches of a Scale; services with simulated pods alone, which
 * refuse the connection (`service-endpoint.ts`); named formats in expressions; audit annotations are computed and dropped.
 */
export function createAdmission(store: Store, authorizer: Authorizer): Admission {
  let known: Configured | undefined
  store.onWrite(event => {
    if (event.resource.startsWith(`${GROUP}/`)) known = undefined
  })
  const all = (plural: string) => store.list(`${GROUP}/${plural}`).map(({ object }) => object)

  function configured(): Configured {
    if (known !== undefined) return known
    const bindings = all('validatingadmissionpolicybindings')
    known = {
      policies: all('validatingadmissionpolicies')
        .map(policy => compilePolicy(policy, bindings))
        .filter(policy => policy.bindings.length > 0),
      mutating: webhooksOf(all('mutatingwebhookconfigurations')),
      validating: webhooksOf(all('validatingwebhookconfigurations')),
    }
    return known
  }

  return {
    get configured() {
      const { policies, mutating, validating } = configured()
      return policies.length + mutating.length + validating.length > 0
    },
    *mutate(registry, attributes, admit) {
      const { mutating } = configured()
      if (mutating.length === 0 || isExempt(attributes)) return attributes.object
      return yield* askMutating(registry, authorizer, mutating, attributes, admit)
    },
    *validate(registry, attributes) {
      const { policies, validating } = configured()
      checkPolicies(registry, authorizer, policies, attributes)
      if (validating.length > 0 && !isExempt(attributes))
        yield* askValidating(registry, authorizer, validating, attributes)
    },
  }
}

/** Webhooks never see the objects that configure admission. */
function isExempt({ kind }: AdmissionAttributes): boolean {
  return kind.group === GROUP
}
