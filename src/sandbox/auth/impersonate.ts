import type { IncomingMessage } from 'node:http'
import type { User } from '../kind.ts'
import { StatusError } from '../status.ts'
import { authenticated, serviceAccountGroups } from './authenticate.ts'
import type { Attributes, Authorizer } from './rbac.ts'

/**
 * The user that the request wants to act as, by the `Impersonate-…` headers; the requester when there are none. Throws 403
 * when the requester may not impersonate, and `ImpersonationWithoutUser`.
 */
export function impersonated(message: IncomingMessage, requester: User, authorizer: Authorizer): User {
  const { user: username, uid, groups, extra } = readHeaders(message)
  if (username === undefined) {
    if (groups.length > 0 || uid !== undefined || Object.keys(extra).length > 0)
      throw new ImpersonationWithoutUser(groups, uid)
    return requester
  }
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username)
  const check = (group: string, resource: string, name: string, namespace = '', subresource = '') => {
    const wanted: Attributes = {
      user: requester,
      verb: 'impersonate',
      isResource: true,
      group,
      resource,
      subresource,
      namespace,
      name,
      path: '',
    }
    if (!authorizer.authorize(wanted).allowed) throw refusal(wanted)
  }
  if (account === null) check('', 'users', username)
  else check('', 'serviceaccounts', account[2]!, account[1]!)
  for (const group of groups) check('', 'groups', group)
  for (const [key, values] of Object.entries(extra))
    for (const value of values) check('authentication.k8s.io', 'userextras', value, '', key)
  if (uid !== undefined) check('authentication.k8s.io', 'uids', uid)
  const user: User = {
    username,
    groups: groups.length === 0 && account !== null ? serviceAccountGroups(account[1]!) : groups,
    ...(uid === undefined ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  }
  if (username === 'system:anonymous') return { ...user, groups: [...user.groups, 'system:unauthenticated'] }
  return authenticated(user)
}

/** Headers that name groups but nobody who is in them; answered in plain text. */
export class ImpersonationWithoutUser extends Error {
  constructor(groups: readonly string[], uid: string | undefined) {
    const wanted = [...groups.map(name => `{Group  ${name}    }`), ...(uid === undefined ? [] : [`{UID  ${uid}    }`])]
    super(`requested [${wanted.join(' ')}] without impersonating a user`)
  }
}

/** The 403 for something that the authoriser does not allow. */
export function refusal(wanted: Attributes, reason = ''): StatusError {
  const { user, verb, isResource, group, resource, subresource, namespace, name, path } = wanted
  const who = `User ${JSON.stringify(user.username)} cannot ${verb}`
  const suffix = reason === '' ? '' : `: ${reason}`
  if (!isResource)
    return new StatusError({
      code: 403,
      reason: 'Forbidden',
      message: `forbidden: ${who} path ${JSON.stringify(path)}${suffix}`,
      details: {},
    })
  const full = subresource === '' ? resource : `${resource}/${subresource}`
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`
  const qualified = group === '' ? resource : `${resource}.${group}`
  const what = name === '' ? qualified : `${qualified} ${JSON.stringify(name)}`
  return new StatusError({
    code: 403,
    reason: 'Forbidden',
    message: `${what} is forbidden: ${who} resource ${JSON.stringify(full)} in API group ${JSON.stringify(group)} ${where}${suffix}`,
    details: { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: resource },
  })
}

function readHeaders(message: IncomingMessage) {
  const groups: string[] = []
  const extra: Record<string, string[]> = {}
  let user: string | undefined
  let uid: string | undefined
  for (let index = 0; index < message.rawHeaders.length; index += 2) {
    const name = message.rawHeaders[index]!.toLowerCase()
    if (!name.startsWith('impersonate-')) continue
    const value = message.rawHeaders[index + 1]!
    if (name === 'impersonate-user') user = value
    else if (name === 'impersonate-uid') uid = value
    else if (name === 'impersonate-group') groups.push(value)
    else if (name.startsWith('impersonate-extra-')) {
      const key = unescapeKey(name.slice('impersonate-extra-'.length))
      extra[key] = [...(extra[key] ?? []), value]
    }
  }
  return { user, uid, groups, extra }
}

function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}
