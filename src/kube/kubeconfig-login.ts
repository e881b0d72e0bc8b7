import { isArray, isObject, type JsonObject, textAt } from '../manifest/json.ts'
import type { ExecPlugin, Login } from './connection.ts'

const EXEC_VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'] as const

/**
 * How a kubeconfig's user logs in. A token goes before a plugin, because client-go's plugin leaves a request alone that is
 * authorised already. `fail` makes the error that is thrown for what cannot work.
 */
export function loginOf(user: JsonObject, name: string, fail: (message: string) => Error): Login {
  const token = textAt(user, 'token')
  const tokenFile = textAt(user, 'tokenFile')
  const username = textAt(user, 'username')
  const exec = user['exec']
  if (username !== undefined && (token !== undefined || tokenFile !== undefined))
    throw fail(`user "${name}" has more than one authentication method: token and password`)
  if (isObject(exec) && user['auth-provider'] !== undefined && user['auth-provider'] !== null)
    throw fail(`user "${name}" has both an exec plugin and an auth-provider`)
  if (tokenFile !== undefined)
    return { type: 'token-file', file: tokenFile, ...(token !== undefined && { fallback: token }) }
  if (token !== undefined) return { type: 'token', token }
  if (username !== undefined) return { type: 'basic', username, password: textAt(user, 'password') ?? '' }
  if (isObject(exec)) return { type: 'exec', plugin: pluginOf(exec, name, fail) }
  const provider = user['auth-provider']
  if (isObject(provider))
    throw fail(
      `user "${name}" uses the auth-provider "${textAt(provider, 'name') ?? ''}", which Kubernetes removed; use an exec plugin`,
    )
  return { type: 'none' }
}

function pluginOf(exec: JsonObject, name: string, fail: (message: string) => Error): ExecPlugin {
  const apiVersion = EXEC_VERSIONS.find(version => version === exec['apiVersion'])
  const command = textAt(exec, 'command')
  if (command === undefined) throw fail(`user "${name}": the exec plugin has no command`)
  if (apiVersion === undefined)
    throw fail(
      `user "${name}": the exec plugin's apiVersion "${textAt(exec, 'apiVersion') ?? ''}" is not one of ${EXEC_VERSIONS.join(', ')}`,
    )
  const mode = exec['interactiveMode']
  const interactiveMode = mode === 'Never' || mode === 'Always' ? mode : 'IfAvailable'
  if (apiVersion === EXEC_VERSIONS[0] && textAt(exec, 'interactiveMode') === undefined)
    throw fail(`user "${name}": the exec plugin must set interactiveMode`)
  const hint = textAt(exec, 'installHint')
  return {
    apiVersion,
    command,
    args: isArray(exec['args']) ? exec['args'].filter(arg => typeof arg === 'string') : [],
    env: Object.fromEntries(
      (isArray(exec['env']) ? exec['env'] : []).flatMap(entry =>
        isObject(entry) && typeof entry['name'] === 'string' ? [[entry['name'], textAt(entry, 'value') ?? '']] : [],
      ),
    ),
    provideClusterInfo: exec['provideClusterInfo'] === true,
    interactiveMode,
    ...(hint !== undefined && { installHint: hint }),
  }
}
