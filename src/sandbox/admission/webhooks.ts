import type { JsonValue } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { applyJsonPatch } from '../../manifest/patch/json-patch.ts'
import type { Authorizer } from '../auth/rbac.ts'
import { equal } from '../equal.ts'
import { toStorage } from '../registry/convert.ts'
import { decode } from '../registry/decode.ts'
import type { Registry } from '../registry/registry.ts'
import { type Steps, waitFor } from '../registry/steps.ts'
import { forbidden, internalError, StatusError } from '../status.ts'
import { type AdmissionAttributes, type MatchedResource, shownAs } from './attributes.ts'
import { meets } from './evaluate.ts'
import { activation } from './expressions.ts'
import { match } from './matching.ts'
import { type Review, rejection, review, WebhookFailure } from './review.ts'
import type { Webhook } from './webhook.ts'

/** Whether a webhook is for a request, and under which resource. Throws a `StatusError` where that cannot be told. */
function invocation(
  registry: Registry,
  authorizer: Authorizer,
  webhook: Webhook,
  attributes: AdmissionAttributes,
): MatchedResource | undefined {
  if (webhook.criteria.rules.length === 0) return undefined
  const matched = match(registry, webhook.criteria, attributes)
  if (matched === undefined || webhook.conditions.length === 0) return matched
  const met = meets(webhook.conditions, webhook.failsClosed, activation(registry, authorizer, attributes, matched))
  if (met.error !== undefined)
    throw forbidden({ group: attributes.kind.group, resource: attributes.kind.plural }, attributes.name, met.error)
  return met.value ? matched : undefined
}

/** Asks the validating webhooks that a request is for, all at once. Throws the first refusal, in the webhooks' order. */
export function* askValidating(
  registry: Registry,
  authorizer: Authorizer,
  webhooks: readonly Webhook[],
  attributes: AdmissionAttributes,
): Steps<void> {
  const calls = webhooks.flatMap(webhook => {
    const matched = invocation(registry, authorizer, webhook, attributes)
    return matched === undefined ? [] : [{ webhook, matched }]
  })
  if (calls.length === 0) return
  const answers = yield* waitFor(() =>
    Promise.allSettled(calls.map(({ webhook, matched }) => review(registry, webhook, attributes, matched, false))),
  )
  for (const [index, { webhook }] of calls.entries()) {
    const answer = answers[index]!
    if (answer.status === 'rejected') failed(webhook, answer.reason)
    else accept(webhook, answer.value, attributes)
  }
}

/** Throws what keeps the request from going on; a failure that the webhook's policy ignores does not. */
function failed(webhook: Webhook, error: unknown): void {
  if (!(error instanceof WebhookFailure)) throw error
  if (webhook.failsClosed) throw internalError(error.message)
}

function accept(webhook: Webhook, { allowed, warnings, status }: Review, attributes: AdmissionAttributes): void {
  for (const warning of warnings) attributes.warn(warning)
  if (!allowed) throw rejection(webhook, status)
}

/**
 * Asks the mutating webhooks one after the other and returns the object as they leave it. `admit` is the server's own
 * mutating admission: when a webhook changed the object it runs once more, and those webhooks that want it are asked again.
 */
export function* askMutating(
  registry: Registry,
  authorizer: Authorizer,
  webhooks: readonly Webhook[],
  attributes: AdmissionAttributes,
  admit: (object: KubeObject) => KubeObject,
): Steps<KubeObject | undefined> {
  let { object } = attributes
  let invoked = new Set<string>()
  const again = new Set<string>()
  let changedAny = false
  const askAgain = () => {
    for (const id of invoked) again.add(id)
    invoked = new Set()
  }
  for (const round of [0, 1]) {
    if (round === 1) {
      if (!changedAny || object === undefined) return object
      const readmitted = admit(object)
      if (!equal(readmitted, object)) askAgain()
      object = readmitted
    }
    for (const webhook of webhooks) {
      if (round === 1 && !again.has(webhook.id)) continue
      const now: AdmissionAttributes = { ...attributes, object }
      const matched = invocation(registry, authorizer, webhook, now)
      if (matched === undefined) continue
      const before = object
      object = yield* mutated(registry, webhook, now, matched)
      if (object !== before) {
        changedAny = true
        askAgain()
      }
      if (webhook.reinvoked) invoked.add(webhook.id)
    }
  }
  return object
}

/** The object after one webhook; the same object where it changes nothing. */
function* mutated(
  registry: Registry,
  webhook: Webhook,
  attributes: AdmissionAttributes,
  matched: MatchedResource,
): Steps<KubeObject | undefined> {
  const { object } = attributes
  let answer: Review
  try {
    answer = yield* waitFor(() => review(registry, webhook, attributes, matched, true))
  } catch (error) {
    failed(webhook, error)
    return object
  }
  accept(webhook, answer, attributes)
  const { patch } = answer
  if (patch === undefined || (Array.isArray(patch) && patch.length === 0)) return object
  const shown = shownAs(attributes, matched, object)
  const refused = (why: string) =>
    internalError(`admission webhook ${JSON.stringify(webhook.name)} attempted to modify the object, ${why}`)
  if (shown === undefined) throw refused('which is not supported for this operation')
  if (attributes.subresourceKind !== undefined)
    throw refused(`which the sandbox does not do for ${attributes.subresourceKind.kind}`)
  const result = applyJsonPatch(shown, patch)
  if ('failure' in result) throw internalError(result.failure.message)
  const changed = decoded(attributes, matched, result.value)
  return equal(changed, object) ? object : changed
}

/** What a patch made, as an object of the storage version with its defaults. */
function decoded(attributes: AdmissionAttributes, matched: MatchedResource, value: JsonValue): KubeObject {
  const { kind, version } = matched
  const scope = { fieldValidation: 'Ignore', warn: attributes.warn } as const
  try {
    const object = toStorage(kind, version, decode(matched, { value, duplicates: [] }, Buffer.alloc(0), scope))
    return kind.strategy.defaults?.(object) ?? object
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    throw internalError(error.message.replace(/^.* cannot be handled as a [^:]+: /s, ''))
  }
}
