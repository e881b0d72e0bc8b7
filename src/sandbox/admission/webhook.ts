import type { JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { asJson, has, numberAt, objectAt, objectsAt, textAt, textsAt } from '../kinds/schema/value.ts'
import { type Criteria, criteriaOf } from './matching.ts'
import { type Condition, conditionsOf } from './policy.ts'

/** One webhook of a configuration. */
export interface Webhook {
  /** Tells webhooks apart over all configurations. */
  readonly id: string
  readonly name: string
  readonly criteria: Criteria
  readonly conditions: readonly Condition[]
  /** False for `failurePolicy: Ignore`. */
  readonly failsClosed: boolean
  readonly timeoutSeconds: number
  /** True where a dry run may be sent too. */
  readonly takesDryRuns: boolean
  /** `reinvocationPolicy: IfNeeded`. */
  readonly reinvoked: boolean
  readonly target: WebhookTarget
  /** The first version of AdmissionReview that it takes and that is known here. */
  readonly reviewVersion: string
}

/** Where a webhook is. */
export interface WebhookTarget {
  readonly url: string | undefined
  readonly service:
    | { readonly namespace: string; readonly name: string; readonly port: number; readonly path: string }
    | undefined
  /** PEM; the machine's own authorities when it is empty. */
  readonly ca: string
}

/** The webhooks of configurations, in the order in which they are called: by name of the configuration. */
export function webhooksOf(configurations: readonly KubeObject[]): readonly Webhook[] {
  return configurations.flatMap(configuration =>
    objectsAt(asJson(configuration), 'webhooks').map((hook, index) =>
      webhookOf(hook, `${configuration.metadata.name}/${textAt(hook, 'name')}/${index}`),
    ),
  )
}

function webhookOf(hook: JsonObject, id: string): Webhook {
  const client = objectAt(hook, 'clientConfig')
  const service = objectAt(client, 'service')
  return {
    id,
    name: textAt(hook, 'name'),
    criteria: criteriaOf(hook),
    conditions: conditionsOf(hook, false),
    failsClosed: textAt(hook, 'failurePolicy') !== 'Ignore',
    timeoutSeconds: numberAt(hook, 'timeoutSeconds') || 10,
    takesDryRuns: ['None', 'NoneOnDryRun'].includes(textAt(hook, 'sideEffects')),
    reinvoked: textAt(hook, 'reinvocationPolicy') === 'IfNeeded',
    target: {
      url: has(client, 'url') ? textAt(client, 'url') : undefined,
      service: has(client, 'service')
        ? {
            namespace: textAt(service, 'namespace'),
            name: textAt(service, 'name'),
            port: numberAt(service, 'port') || 443,
            path: textAt(service, 'path'),
          }
        : undefined,
      ca: Buffer.from(textAt(client, 'caBundle'), 'base64').toString(),
    },
    reviewVersion:
      textsAt(hook, 'admissionReviewVersions').find(version => version === 'v1' || version === 'v1beta1') ?? 'v1',
  }
}
