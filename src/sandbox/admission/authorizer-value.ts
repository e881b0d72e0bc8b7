import type { Environment } from '@marcbachmann/cel-js'
import type { Attributes, Authorizer, Decision } from '../auth/rbac.ts'
import type { User } from '../kind.ts'

/** `authorizer` of an expression: asks what a user may do. */
export class AuthorizerValue {
  readonly authorizer: Authorizer
  readonly user: User

  constructor(authorizer: Authorizer, user: User) {
    this.authorizer = authorizer
    this.user = user
  }
}

class GroupCheck {
  readonly of: AuthorizerValue
  readonly group: string

  constructor(of: AuthorizerValue, group: string) {
    this.of = of
    this.group = group
  }
}

type Asked = Omit<Attributes, 'user' | 'verb'>

/** `authorizer.requestResource`, and what `resource(…)`, `namespace(…)` and the like make. */
export class ResourceCheck {
  readonly of: AuthorizerValue
  readonly asked: Asked

  constructor(of: AuthorizerValue, asked: Partial<Asked>) {
    this.of = of
    this.asked = {
      isResource: true,
      group: '',
      version: '*',
      resource: '',
      subresource: '',
      namespace: '',
      name: '',
      path: '',
      ...asked,
    }
  }
}

class PathCheck extends ResourceCheck {}

class DecisionValue {
  readonly decision: Decision

  constructor(decision: Decision) {
    this.decision = decision
  }
}

const check = ({ of, asked }: ResourceCheck, verb: string) =>
  new DecisionValue(of.authorizer.authorize({ ...asked, user: of.user, verb }))
const refine = ({ of, asked }: ResourceCheck, more: Partial<Asked>) => new ResourceCheck(of, { ...asked, ...more })

/** Adds the `authorizer` of Kubernetes' admission expressions. */
export function registerAuthorizer(environment: Environment): void {
  const K = 'kubernetes.authorization'
  environment
    .registerType(`${K}.Authorizer`, {
      ctor: AuthorizerValue,
      fields: { requestResource: 'dyn' },
    } as never)
    .registerType(`${K}.GroupCheck`, GroupCheck)
    .registerType(`${K}.ResourceCheck`, ResourceCheck)
    .registerType(`${K}.PathCheck`, PathCheck)
    .registerType(`${K}.Decision`, DecisionValue)
    .registerFunction(
      `${K}.Authorizer.path(string): ${K}.PathCheck`,
      (of: AuthorizerValue, path: string) => new PathCheck(of, { isResource: false, path }),
    )
    .registerFunction(
      `${K}.Authorizer.group(string): ${K}.GroupCheck`,
      (of: AuthorizerValue, group: string) => new GroupCheck(of, group),
    )
    .registerFunction(
      `${K}.Authorizer.serviceAccount(string, string): ${K}.Authorizer`,
      ({ authorizer }: AuthorizerValue, namespace: string, name: string) =>
        new AuthorizerValue(authorizer, serviceAccount(namespace, name)),
    )
    .registerFunction(
      `${K}.GroupCheck.resource(string): ${K}.ResourceCheck`,
      ({ of, group }: GroupCheck, resource: string) => new ResourceCheck(of, { group, resource }),
    )
    .registerFunction(
      `${K}.ResourceCheck.subresource(string): ${K}.ResourceCheck`,
      (of: ResourceCheck, subresource: string) => refine(of, { subresource }),
    )
    .registerFunction(
      `${K}.ResourceCheck.namespace(string): ${K}.ResourceCheck`,
      (of: ResourceCheck, namespace: string) => refine(of, { namespace }),
    )
    .registerFunction(`${K}.ResourceCheck.name(string): ${K}.ResourceCheck`, (of: ResourceCheck, name: string) =>
      refine(of, { name }),
    )
    .registerFunction(`${K}.ResourceCheck.check(string): ${K}.Decision`, check)
    .registerFunction(`${K}.PathCheck.check(string): ${K}.Decision`, check)
    .registerFunction(`${K}.Decision.allowed(): bool`, ({ decision }: DecisionValue) => decision.allowed)
    .registerFunction(`${K}.Decision.reason(): string`, ({ decision }: DecisionValue) => decision.reason)
    .registerFunction(`${K}.Decision.errored(): bool`, () => false)
    .registerFunction(`${K}.Decision.error(): string`, () => '')
    .registerVariable('authorizer', `${K}.Authorizer`)
}

function serviceAccount(namespace: string, name: string): User {
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  }
}
