import { isArray, isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'

export type ConfigKind = 'ConfigMap' | 'Secret'

/** A ConfigMap or Secret that Pods of a workload read. */
export interface ConfigUse {
  readonly kind: ConfigKind
  readonly name: string
  /** The keys that are read; all of them where it is left out. */
  readonly keys?: readonly string[]
}

function itemsOf(value: JsonValue | undefined): readonly JsonObject[] {
  return isArray(value) ? value.filter(isObject) : []
}

function member(value: JsonValue | undefined, key: string): JsonObject | undefined {
  const inner = isObject(value) ? value[key] : undefined
  return isObject(inner) ? inner : undefined
}

function use(kind: ConfigKind, name: JsonValue | undefined, keys?: readonly string[]): readonly ConfigUse[] {
  if (typeof name !== 'string' || name === '') return []
  return [keys === undefined ? { kind, name } : { kind, name, keys }]
}

/** A volume shows the listed keys, or all. */
function keysOf({ items }: JsonObject): readonly string[] | undefined {
  return isArray(items) ? itemsOf(items).map(({ key }) => String(key)) : undefined
}

function fromVolume(volume: JsonObject): readonly ConfigUse[] {
  const [configMap, secret] = [member(volume, 'configMap'), member(volume, 'secret')]
  return [
    ...(configMap === undefined ? [] : use('ConfigMap', configMap['name'], keysOf(configMap))),
    ...(secret === undefined ? [] : use('Secret', secret['secretName'] ?? secret['name'], keysOf(secret))),
    ...itemsOf(member(volume, 'projected')?.['sources']).flatMap(fromVolume),
  ]
}

function fromContainer(container: JsonObject): readonly ConfigUse[] {
  const whole = itemsOf(container['envFrom']).flatMap(source => [
    ...use('ConfigMap', member(source, 'configMapRef')?.['name']),
    ...use('Secret', member(source, 'secretRef')?.['name']),
  ])
  const single = itemsOf(container['env']).flatMap(({ valueFrom }) => {
    const [configMap, secret] = [member(valueFrom, 'configMapKeyRef'), member(valueFrom, 'secretKeyRef')]
    return [
      ...use('ConfigMap', configMap?.['name'], [String(configMap?.['key'])]),
      ...use('Secret', secret?.['name'], [String(secret?.['key'])]),
    ]
  })
  return [...whole, ...single]
}

/** Every use of one object as one: all keys where any use is of all. */
function merge(uses: readonly ConfigUse[]): readonly ConfigUse[] {
  const groups = Map.groupBy(uses, ({ kind, name }) => `${kind}/${name}`)
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return []
    const { kind, name } = first
    const keys = [first, ...others].map(each => each.keys)
    const isWhole = keys.some(each => each === undefined)
    return use(kind, name, isWhole ? undefined : [...new Set(keys.flatMap(each => each ?? []))].toSorted())
  })
}

/**
 * The ConfigMaps and Secrets that Pods read: volumes, also projected ones, and the environment of containers and init
 * containers. Optional references count as any other. Each object is there once.
 */
export function configUses(podSpec: JsonObject): readonly ConfigUse[] {
  const containers = [...itemsOf(podSpec['initContainers']), ...itemsOf(podSpec['containers'])]
  return merge([...itemsOf(podSpec['volumes']).flatMap(fromVolume), ...containers.flatMap(fromContainer)])
}
