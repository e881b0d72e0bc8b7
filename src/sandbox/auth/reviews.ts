import { randomUUID } from 'node:crypto'
import { isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import type { ManagedFieldsEntry } from '../../manifest/object.ts'
import { timestamp } from '../clock.ts'
import { invalid, invalidObject, required } from '../field-error.ts'
import type { Kind, User } from '../kind.ts'
import type { Registry } from '../registry/registry.ts'
import { badRequest, notFound } from '../status.ts'
import { type Authenticator, serviceAccountName } from './authenticate.ts'
import type { Attributes, Authorizer } from './rbac.ts'
import type { TokenSigner } from './token.ts'

/** The parts that answer who somebody is and what they may do. */
export interface Access {
  readonly authenticator: Authenticator
  readonly authorizer: Authorizer
  readonly signer: TokenSigner
  readonly audience: string
}

const review = (group: string, kind: string, plural: string, namespaced = false): Kind => ({
  group,
  kind,
  plural,
  singular: kind.toLowerCase(),
  shortNames: [],
  categories: [],
  namespaced,
  versions: [{ version: 'v1' }],
  storageVersion: 'v1',
  verbs: ['create'],
  subresources: [],
  nameRule: 'pathSegment',
  strategy: {},
})

/** Kinds that are answered and never stored. */
export const reviewKinds: readonly Kind[] = [
  review('authentication.k8s.io', 'SelfSubjectReview', 'selfsubjectreviews'),
  review('authentication.k8s.io', 'TokenReview', 'tokenreviews'),
  review('authorization.k8s.io', 'LocalSubjectAccessReview', 'localsubjectaccessreviews', true),
  review('authorization.k8s.io', 'SelfSubjectAccessReview', 'selfsubjectaccessreviews'),
  review('authorization.k8s.io', 'SelfSubjectRulesReview', 'selfsubjectrulesreviews'),
  review('authorization.k8s.io', 'SubjectAccessReview', 'subjectaccessreviews'),
]

/** Answers a review that `user` posted. Undefined when the kind is no review. */
export function answerReview(
  registry: Registry,
  access: Access,
  kind: string,
  body: JsonObject,
  user: User,
  namespace: string,
  managed: readonly ManagedFieldsEntry[] | undefined,
): JsonObject | undefined {
  const spec = isObject(body['spec']) ? body['spec'] : {}
  const metadata: JsonObject = {
    ...(namespace === '' ? {} : { namespace }),
    ...(managed === undefined ? {} : { managedFields: managed as unknown as JsonValue }),
  }
  const answer = (group: string, status: JsonObject): JsonObject => ({
    kind,
    apiVersion: `${group}/v1`,
    metadata,
    spec,
    status,
  })
  switch (kind) {
    case 'SelfSubjectReview':
      return {
        kind,
        apiVersion: 'authentication.k8s.io/v1',
        metadata: { creationTimestamp: timestamp(registry.clock.now()) },
        status: { userInfo: userInfo(user) },
      }
    case 'TokenReview':
      return answer('authentication.k8s.io', reviewToken(access, spec))
    case 'SelfSubjectAccessReview':
      return answer('authorization.k8s.io', reviewAccess(access, kind, spec, user))
    case 'LocalSubjectAccessReview':
    case 'SubjectAccessReview':
      return answer('authorization.k8s.io', reviewAccess(access, kind, spec, userOf(kind, spec)))
    case 'SelfSubjectRulesReview':
      return {
        kind,
        apiVersion: 'authorization.k8s.io/v1',
        metadata: {},
        spec: {},
        status: reviewRules(access, spec, user),
      }
    default:
      return undefined
  }
}

/** Issues a token for a service account (`serviceaccounts/token`). Throws `StatusError`. */
export function requestToken(
  registry: Registry,
  access: Access,
  namespace: string,
  name: string,
  body: JsonObject,
): JsonObject {
  const account = registry.store.get('/serviceaccounts', namespace, name)
  if (account === undefined) throw notFound({ group: '', resource: 'serviceaccounts' }, name)
  const spec = isObject(body['spec']) ? body['spec'] : {}
  const audiences = strings(spec['audiences'])
  const seconds = typeof spec['expirationSeconds'] === 'number' ? spec['expirationSeconds'] : 3600
  if (seconds < 600)
    throw invalidObject({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', [
      invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 10 minutes'),
    ])
  const bound = isObject(spec['boundObjectRef']) ? spec['boundObjectRef'] : undefined
  const pod = bound?.['kind'] === 'Pod' ? registry.store.get('/pods', namespace, String(bound['name'])) : undefined
  if (bound?.['kind'] === 'Pod' && pod === undefined)
    throw notFound({ group: '', resource: 'pods' }, String(bound['name']))
  const now = Math.floor(registry.clock.now() / 1000)
  const aud = audiences.length === 0 ? [access.audience] : audiences
  const token = access.signer.issue({
    aud,
    exp: now + seconds,
    iat: now,
    iss: access.audience,
    jti: randomUUID(),
    'kubernetes.io': {
      namespace,
      ...(pod === undefined ? {} : { pod: { name: pod.name, uid: pod.object.metadata.uid ?? '' } }),
      serviceaccount: { name, uid: account.object.metadata.uid ?? '' },
    },
    nbf: now,
    sub: serviceAccountName(namespace, name),
  })
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: timestamp(now * 1000) },
    spec: { audiences: aud, expirationSeconds: seconds, boundObjectRef: bound ?? null },
    status: { token, expirationTimestamp: timestamp((now + seconds) * 1000) },
  }
}

function reviewToken(access: Access, spec: JsonObject): JsonObject {
  const token = spec['token']
  if (typeof token !== 'string' || token === '') throw badRequest('token is required for TokenReview in authentication')
  const user = access.authenticator.byToken(token)
  if (user === undefined) return { user: {}, error: 'invalid bearer token' }
  const audiences = strings(spec['audiences'])
  return {
    authenticated: true,
    user: userInfo({ ...user, groups: [...user.groups, 'system:authenticated'] }),
    audiences: audiences.length === 0 ? [access.audience] : audiences.filter(one => one === access.audience),
  }
}

function userInfo(user: User): JsonObject {
  return {
    username: user.username,
    ...(user.uid === undefined ? {} : { uid: user.uid }),
    groups: user.groups,
    ...(user.extra === undefined ? {} : { extra: user.extra }),
  }
}

function reviewAccess(access: Access, _kind: string, spec: JsonObject, user: User): JsonObject {
  const resource = spec['resourceAttributes']
  const path = spec['nonResourceAttributes']
  if (isObject(resource) === isObject(path)) {
    const problem = isObject(resource)
      ? invalid(
          'spec.nonResourceAttributes',
          path ?? null,
          'cannot be specified in combination with resourceAttributes',
        )
      : invalid(
          'spec.resourceAttributes',
          null,
          'exactly one of nonResourceAttributes or resourceAttributes must be specified',
        )
    throw invalidObject({ group: 'authorization.k8s.io', kind: '' }, '', [problem])
  }
  const given = isObject(resource) ? resource : isObject(path) ? path : {}
  const word = (key: string) => (typeof given[key] === 'string' ? (given[key] as string) : '')
  const wanted: Attributes = {
    user,
    verb: word('verb'),
    isResource: isObject(resource),
    group: word('group'),
    resource: word('resource'),
    subresource: word('subresource'),
    namespace: word('namespace'),
    name: word('name'),
    path: word('path'),
  }
  const { allowed, reason } = access.authorizer.authorize(wanted)
  return { allowed, ...(reason === '' ? {} : { reason }) }
}

function userOf(_kind: string, spec: JsonObject): User {
  const username = typeof spec['user'] === 'string' ? spec['user'] : ''
  const groups = strings(spec['groups'])
  if (username === '' && groups.length === 0)
    throw invalidObject({ group: 'authorization.k8s.io', kind: '' }, '', [
      required('spec.user', 'at least one of user or group must be specified'),
    ])
  return { username, groups }
}

function reviewRules(access: Access, spec: JsonObject, user: User): JsonObject {
  const namespace = spec['namespace']
  if (typeof namespace !== 'string' || namespace === '') throw badRequest('no namespace on request')
  const rules = access.authorizer.rulesFor(user, namespace)
  return {
    resourceRules: rules
      .filter(rule => (rule.resources ?? []).length > 0)
      .map(({ verbs, apiGroups = [], resources = [], resourceNames = [] }) => ({
        verbs,
        apiGroups,
        resources,
        ...(resourceNames.length === 0 ? {} : { resourceNames }),
      })),
    nonResourceRules: rules
      .filter(rule => (rule.nonResourceURLs ?? []).length > 0)
      .map(({ verbs, nonResourceURLs = [] }) => ({ verbs, nonResourceURLs })),
    incomplete: false,
  }
}

function strings(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter(one => typeof one === 'string') : []
}
