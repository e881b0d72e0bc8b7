import type { JsonObject, JsonValue } from '../../manifest/json.ts'
import type { LabelSelector } from '../../manifest/selector.ts'
import { formatSelector, selectorOf } from '../../manifest/selector.ts'
import type { Column } from '../kind.ts'
import { age, humanDuration } from '../table.ts'
import { asJson, at, labelsAt, objectsAt, textAt } from './schema/value.ts'

/** A column of text or numbers that `get` always shows; `wide` only with `-o wide`. */
export function column(
  name: string,
  cell: (object: JsonObject, now: number) => JsonValue,
  options: { readonly type?: Column['type']; readonly wide?: boolean; readonly format?: string } = {},
): Column {
  return {
    name,
    type: options.type ?? 'string',
    ...(options.format === undefined ? {} : { format: options.format }),
    priority: options.wide === true ? 1 : 0,
    cell: (object, now) => cell(asJson(object), now),
  }
}

export const nameColumn: Column = column('Name', object => textAt(object, 'metadata', 'name'), { format: 'name' })

export const ageColumn: Column = column('Age', (object, now) => ageAt(object, now, 'metadata', 'creationTimestamp'))

/** Names and images of a pod template's containers, for `-o wide`. */
export function containerColumns(...path: readonly string[]): readonly Column[] {
  const list = (field: string) => (object: JsonObject) =>
    objectsAt(object, ...path)
      .map(container => textAt(container, field))
      .join(',')
  return [column('Containers', list('name'), { wide: true }), column('Images', list('image'), { wide: true })]
}

/** The age of the time at a path; `<unknown>` where there is none. */
export function ageAt(object: JsonObject, now: number, ...path: readonly string[]): string {
  const time = at(object, ...path)
  return age(typeof time === 'string' ? time : undefined, now)
}

/** How long it was from one RFC 3339 time to another time in milliseconds. */
export function since(time: string, now: number): string {
  return humanDuration(now - Date.parse(time))
}

/** `a=b,c=d` in order of keys, `<none>` where there are no labels. */
export function formatLabels(labels: Readonly<Record<string, string>>): string {
  const keys = Object.keys(labels).sort()
  return keys.length === 0 ? '<none>' : keys.map(key => `${key}=${labels[key]}`).join(',')
}

/** A selector in its text form; `<none>` where it selects nothing in particular. */
export function formatLabelSelector(selector: JsonValue | undefined): string {
  if (selector === undefined || selector === null) return '<none>'
  const parsed = selectorOf(selector as unknown as LabelSelector)
  if (parsed.value === undefined) return '<error>'
  return parsed.value.length === 0 ? '<none>' : formatSelector(parsed.value)
}

/** The text of a selector for `scale`: empty where there is none. */
export function selectorText(object: JsonObject, ...path: readonly string[]): string {
  const parsed = selectorOf((at(object, ...path) ?? {}) as unknown as LabelSelector)
  return parsed.value === undefined ? '' : formatSelector(parsed.value)
}

/** The text of a plain label map as a selector. */
export function labelMapText(object: JsonObject, ...path: readonly string[]): string {
  const labels = labelsAt(object, ...path)
  return Object.keys(labels)
    .sort()
    .map(key => `${key}=${labels[key]}`)
    .join(',')
}

/** The first `limit` items and how many more there are. */
export function firstOf(items: readonly string[], limit: number): string {
  const shown = items.slice(0, limit).join(',')
  return items.length > limit ? `${shown} + ${items.length - limit} more...` : shown
}

/** Addresses of a load balancer's status, sorted. */
export function loadBalancerAddresses(object: JsonObject): string {
  const addresses = objectsAt(object, 'status', 'loadBalancer', 'ingress')
    .map(one => textAt(one, 'ip') || textAt(one, 'hostname'))
    .filter(text => text !== '')
  return [...new Set(addresses)].sort().join(',')
}
