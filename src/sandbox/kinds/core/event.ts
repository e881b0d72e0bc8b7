import type { JsonObject, JsonValue } from '../../../manifest/json.ts'
import type { KubeObject } from '../../../manifest/object.ts'
import type { Column, Kind } from '../../kind.ts'
import { age } from '../../table.ts'
import { column } from '../columns.ts'
import { defineKind } from '../define.ts'
import { structOfKind } from '../schema/go-types.ts'
import { normalize } from '../schema/normalize.ts'
import { asJson, asKube, has, numberAt, textAt } from '../schema/value.ts'
import { checkChangedEvent, checkEvent, checkNewEvent } from './validate-event.ts'

const firstSeen = (object: JsonObject, now: number) =>
  age(textAt(object, 'firstTimestamp') || textAt(object, 'eventTime') || undefined, now)

function lastSeen(object: JsonObject, now: number): string {
  if (has(object, 'series')) return age(textAt(object, 'series', 'lastObservedTime') || undefined, now)
  const last = textAt(object, 'lastTimestamp')
  return last === '' ? firstSeen(object, now) : age(last, now)
}

function source(object: JsonObject): string {
  const component = textAt(object, 'source', 'component') || textAt(object, 'reportingComponent')
  const host = textAt(object, 'source', 'host') || textAt(object, 'reportingInstance')
  return host === '' ? component : `${component}, ${host}`
}

function involved(object: JsonObject): string {
  const kind = textAt(object, 'involvedObject', 'kind').toLowerCase()
  const name = textAt(object, 'involvedObject', 'name')
  return name === '' ? kind : `${kind}/${name}`
}

const columns: readonly Column[] = [
  column('Last Seen', lastSeen),
  column('Type', object => textAt(object, 'type')),
  column('Reason', object => textAt(object, 'reason')),
  column('Object', involved),
  column('Subobject', object => textAt(object, 'involvedObject', 'fieldPath'), { wide: true }),
  column('Source', source, { wide: true }),
  column('Message', object => textAt(object, 'message').trim()),
  column('First Seen', firstSeen, { wide: true }),
  column(
    'Count',
    object => (has(object, 'series') ? numberAt(object, 'series', 'count') : numberAt(object, 'count') || 1),
    {
      wide: true,
    },
  ),
  column('Name', object => textAt(object, 'metadata', 'name'), { wide: true, format: 'name' }),
]

const involvedFields = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const

const selectableFields: Kind['selectableFields'] = {
  ...Object.fromEntries(
    involvedFields.map(field => [
      `involvedObject.${field}`,
      (object: KubeObject) => textAt(object, 'involvedObject', field),
    ]),
  ),
  reason: object => textAt(object, 'reason'),
  reportingComponent: object => textAt(object, 'reportingComponent'),
  source: object => textAt(object, 'source', 'component') || textAt(object, 'reportingComponent'),
  type: object => textAt(object, 'type'),
}

/** `v1` Event. */
export const event: Kind = defineKind({
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  columns,
  selectableFields,
  validate: (object, errors) => checkEvent(object, 'reportingComponent', errors),
  strategy: { createOnUpdate: true },
})

/** `events.k8s.io/v1` Event: the same objects under newer names. */
export const newEvent: Kind = defineKind({
  group: 'events.k8s.io',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  storage: '/events',
  storedAs: 'v1',
  versions: [{ version: 'v1', toStorage: toCoreEvent, fromStorage: fromCoreEvent }],
  columns,
  selectableFields,
  validate(object, errors) {
    checkEvent(object, 'reportingController', errors)
    checkNewEvent(object, errors)
  },
  validateUpdate(object, old, errors) {
    checkEvent(object, 'reportingController', errors)
    checkChangedEvent(object, old, errors)
  },
  strategy: { createOnUpdate: true },
})

const renamed = {
  note: 'message',
  regarding: 'involvedObject',
  reportingController: 'reportingComponent',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
} as const

function renameFields(object: KubeObject, names: Readonly<Record<string, string>>): JsonObject {
  const result: Record<string, JsonValue | undefined> = {}
  for (const [field, value] of Object.entries(asJson(object))) result[names[field] ?? field] = value
  return result
}

function toCoreEvent(object: KubeObject): KubeObject {
  const struct = structOfKind('v1', 'Event')
  const converted = renameFields(object, renamed)
  return asKube(struct === undefined ? converted : normalize(struct, { ...converted, apiVersion: 'v1' }, {}))
}

function fromCoreEvent(object: KubeObject): KubeObject {
  const struct = structOfKind('events.k8s.io/v1', 'Event')
  const names = Object.fromEntries(Object.entries(renamed).map(([newer, older]) => [older, newer]))
  const converted = { ...renameFields(object, names), apiVersion: 'events.k8s.io/v1' }
  return asKube(struct === undefined ? converted : normalize(struct, converted, {}))
}
