import { randomUUID } from 'node:crypto'
import { isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import { at, textAt } from '../kinds/schema/value.ts'
import type { Registry } from '../registry/registry.ts'
import { badRequest, StatusError } from '../status.ts'
import { type AdmissionAttributes, type MatchedResource, shownAs } from './attributes.ts'
import { requestOf } from './expressions.ts'
import type { Webhook } from './webhook.ts'
import { post } from './webhook-client.ts'

/** What a webhook decided. */
export interface Review {
  readonly allowed: boolean
  /** A JSON patch, for mutating webhooks. */
  readonly patch: JsonValue | undefined
  readonly warnings: readonly string[]
  readonly status: JsonObject
}

/** A webhook could not be asked or answered nonsense; what comes of it is its `failurePolicy`. */
export class WebhookFailure extends Error {
  override readonly name = 'WebhookFailure'

  constructor(webhook: Webhook, reason: string) {
    super(`failed calling webhook ${JSON.stringify(webhook.name)}: ${reason}`)
  }
}

/**
 * Sends an AdmissionReview (admission.k8s.io) to a webhook. Rejects with `WebhookFailure`, and with a `StatusError` where
 * it cannot take a dry run.
 */
export async function review(
  registry: Registry,
  webhook: Webhook,
  attributes: AdmissionAttributes,
  matched: MatchedResource,
  mutating: boolean,
): Promise<Review> {
  if (attributes.dryRun && !webhook.takesDryRuns)
    throw badRequest(`admission webhook ${JSON.stringify(webhook.name)} does not support dry run`)
  const uid = randomUUID()
  const apiVersion = `admission.k8s.io/${webhook.reviewVersion}`
  const request: JsonObject = {
    uid,
    ...requestOf(attributes, matched),
    object: shownAs(attributes, matched, attributes.object) ?? null,
    oldObject: shownAs(attributes, matched, attributes.oldObject) ?? null,
  }
  const result = await post(registry, webhook, JSON.stringify({ kind: 'AdmissionReview', apiVersion, request }))
  if (result.error !== undefined) throw new WebhookFailure(webhook, `failed to call webhook: ${result.error}`)
  const answer = decoded(webhook, result.body)
  const problem = problemOf(answer, uid, apiVersion, mutating)
  if (problem !== undefined) throw new WebhookFailure(webhook, `received invalid webhook response: ${problem}`)
  const response = at(answer, 'response') as JsonObject
  const status = response['status']
  return {
    allowed: response['allowed'] === true,
    patch: mutating ? patchOf(webhook, response) : undefined,
    warnings: Array.isArray(response['warnings']) ? response['warnings'].map(String) : [],
    status: isObject(status) ? status : {},
  }
}

function decoded(webhook: Webhook, body: string): JsonValue {
  try {
    return JSON.parse(body) as JsonValue
  } catch (error) {
    throw new WebhookFailure(
      webhook,
      `failed to call webhook: couldn't get version/kind; json parse error: ${(error as Error).message}`,
    )
  }
}

function problemOf(answer: JsonValue, uid: string, apiVersion: string, mutating: boolean): string | undefined {
  const response = at(answer, 'response')
  if (!isObject(response)) return 'webhook response was absent'
  // The older version neither names its request nor says what it is.
  if (apiVersion.endsWith('/v1beta1')) return undefined
  if (response['uid'] !== uid) return `expected response.uid="${uid}", got "${textAt(response, 'uid')}"`
  const [given, kind] = [textAt(answer, 'apiVersion'), textAt(answer, 'kind')]
  if (given !== apiVersion || kind !== 'AdmissionReview')
    return `expected webhook response of ${apiVersion}, Kind=AdmissionReview, got ${given.includes('/') ? given : `/${given}`}, Kind=${kind}`
  const [patch, type] = [textAt(response, 'patch'), response['patchType'] ?? undefined]
  if (!mutating) {
    if (patch !== '') return 'validating webhook may not return response.patch'
    return type === undefined ? undefined : 'validating webhook may not return response.patchType'
  }
  if (patch !== '' && type === undefined) return 'webhook returned response.patch but not response.patchType'
  if (patch === '' && type !== undefined) return 'webhook returned response.patchType but not response.patch'
  return type === '' ? 'webhook returned invalid response.patchType of ""' : undefined
}

function patchOf(webhook: Webhook, response: JsonObject): JsonValue | undefined {
  const text = textAt(response, 'patch')
  if (text === '') return undefined
  const type = response['patchType'] ?? 'JSONPatch'
  if (type !== 'JSONPatch') throw new WebhookFailure(webhook, `unsupported patch type ${JSON.stringify(type)}`)
  try {
    return JSON.parse(Buffer.from(text, 'base64').toString()) as JsonValue
  } catch (error) {
    throw new WebhookFailure(webhook, `received undecodable patch in webhook response: ${(error as Error).message}`)
  }
}

/** The refusal that a webhook asked for: its own status, with its name in front of the message. */
export function rejection(webhook: Webhook, status: JsonObject): StatusError {
  const denied = `admission webhook ${JSON.stringify(webhook.name)} denied the request`
  const [message, reason] = [textAt(status, 'message'), textAt(status, 'reason')]
  const code = Number(status['code'] ?? 0)
  const { details } = status
  return new StatusError({
    code: Math.max(code, 400),
    reason,
    message: message || reason ? `${denied}: ${message || reason}` : `${denied} without explanation`,
    ...(isObject(details) ? { details: details as NonNullable<StatusError['status']['details']> } : {}),
  })
}
