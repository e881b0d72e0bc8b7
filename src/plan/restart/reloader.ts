import { RE2JS } from 're2js'
import type { ConfigKind } from './config-uses.ts'

type Annotations = Readonly<Record<string, string>>

/** What Reloader's annotations on a workload ask for. */
export interface ReloaderRules {
  /** Every object of a kind that its Pods read; false where that is switched off. */
  readonly auto: Readonly<Record<ConfigKind, boolean>>
  readonly off: boolean
  /** Objects by name, whether its Pods read them or not. */
  names(kind: ConfigKind, name: string): boolean
  /** There are names or patterns for a kind. */
  readonly hasNames: Readonly<Record<ConfigKind, boolean>>
  /** Those that its Pods read and that are annotated with `match`. */
  readonly search: boolean
  excludes(kind: ConfigKind, name: string): boolean
}

const DOMAIN = 'reloader.stakater.com'
const PREFIX: Readonly<Record<ConfigKind, string>> = { ConfigMap: 'configmap', Secret: 'secret' }

function isTrue(text: string | undefined): boolean {
  return text?.toLowerCase() === 'true'
}

/** A comma list of names or patterns that have to fit the whole name; what is no pattern only fits itself. */
function matcher(text: string | undefined): ((name: string) => boolean) | undefined {
  const items = (text ?? '').split(',').flatMap(item => item.trim() || [])
  if (items.length === 0) return undefined
  const patterns = items.flatMap(item => {
    try {
      return RE2JS.compile(`^(?:${item})$`)
    } catch {
      return []
    }
  })
  return name => items.includes(name) || patterns.some(pattern => pattern.matcher(name).find())
}

/** Reads the annotations of a workload, or those of its Pod template where it has none; undefined where neither has any. */
export function reloaderRules(workload: Annotations = {}, template: Annotations = {}): ReloaderRules | undefined {
  const has = (annotations: Annotations) => Object.keys(annotations).some(key => key.includes(DOMAIN))
  const annotations = has(workload) ? workload : template
  if (!has(annotations)) return undefined
  const at = (prefix: string, key: string) => annotations[`${prefix}${DOMAIN}/${key}`]
  const all = at('', 'auto')
  const auto = (kind: ConfigKind) => isTrue(all) || isTrue(at(`${PREFIX[kind]}.`, 'auto'))
  const named = { ConfigMap: matcher(at('configmap.', 'reload')), Secret: matcher(at('secret.', 'reload')) }
  const excluded = {
    ConfigMap: matcher(at('configmaps.exclude.', 'reload')),
    Secret: matcher(at('secrets.exclude.', 'reload')),
  }
  return {
    auto: { ConfigMap: auto('ConfigMap'), Secret: auto('Secret') },
    off: all?.toLowerCase() === 'false',
    names: (kind, name) => named[kind]?.(name) === true,
    hasNames: { ConfigMap: named.ConfigMap !== undefined, Secret: named.Secret !== undefined },
    search: isTrue(at('', 'search')),
    excludes: (kind, name) => excluded[kind]?.(name) === true,
  }
}

/** What Reloader's annotations on a ConfigMap or Secret say. */
export function reloaderMarks(annotations: Annotations = {}): { readonly match: boolean; readonly ignore: boolean } {
  return { match: isTrue(annotations[`${DOMAIN}/match`]), ignore: isTrue(annotations[`${DOMAIN}/ignore`]) }
}
