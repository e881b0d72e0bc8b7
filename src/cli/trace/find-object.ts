import type { KubeClient } from '../../kube/client-types.ts'
import { type KubeObject, parseApiVersion } from '../../manifest/object.ts'
import { CommandFailure } from '../failure.ts'

/** What is traced: words as on kubectl's command line, or kind and API version by flags. */
export interface Wanted {
  readonly words: readonly string[]
  readonly kind: string | undefined
  readonly apiVersion: string | undefined
}

interface Named {
  readonly type: string
  readonly name: string
}

/** `deployment web`, `deployment/web`, `deploy.apps web`. */
function namedBy(words: readonly string[]): Named {
  const [first = '', second] = words
  const [type = '', name] = second === undefined ? first.split('/') : [first, second]
  if (type === '' || name === undefined || name === '')
    throw new CommandFailure('either `<resource>/<name>` or `<resource> <name>` is required as an argument')
  return { type, name }
}

/** The object, or a failure in the words of the API server. Only what has a namespace is looked for in `namespace`. */
export async function findObject(cluster: KubeClient, wanted: Wanted, namespace: string): Promise<KubeObject> {
  const { apiVersion, kind, words } = wanted
  const resources = await cluster.resources()
  if (kind !== undefined && apiVersion === undefined)
    throw new CommandFailure('--api-version is required with --kind, such as --api-version=apps/v1')
  const byFlags = kind !== undefined && apiVersion !== undefined
  const { type, name } = byFlags ? { type: kind, name: words[0] ?? '' } : namedBy(words)
  if (name === '') throw new CommandFailure('the name of the object is required')
  const [plain = '', ...groups] = type.toLowerCase().split('.')
  const found = resources.find(each => {
    if (byFlags) {
      const { group, version } = parseApiVersion(apiVersion)
      return each.kind === kind && each.group === group && each.version === version
    }
    const names = [each.plural, each.kind.toLowerCase(), ...each.shortNames]
    return names.includes(plain) && (groups.length === 0 || each.group === groups.join('.'))
  })
  if (found === undefined)
    throw new CommandFailure(`failed to find object: the server doesn't have a resource type "${type}"`)
  const { group, kind: realKind, plural, version, namespaced } = found
  const object = await cluster.get({ group, version, kind: realKind, name, namespace: namespaced ? namespace : '' })
  if (object !== undefined) return object
  throw new CommandFailure(`failed to find object: ${plural}${group === '' ? '' : `.${group}`} "${name}" not found`)
}
