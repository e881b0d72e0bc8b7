import { goJson } from '../go-text.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import type { KubeObject } from '../object.ts'
import { compareValues } from './compare.ts'
import { difference, type FieldSet } from './field-set.ts'
import { fieldSetOfValue } from './to-set.ts'
import { typeProblems } from './validate.ts'
import type { Typed } from './versions.ts'

/** Where kubectl keeps what was applied last on the client side. */
export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration'

/**
 * Fields that client-side apply set and that still have the value it set: a server-side apply by kubectl takes them over
 * without a conflict. Undefined where there is no usable annotation.
 */
export function allowedByLastApplied(live: Typed, apiVersion: string): FieldSet | undefined {
  const text = live.object.metadata.annotations?.[lastAppliedAnnotation]
  if (text === undefined || text === '') return undefined
  const last = parse(text)
  if (last === undefined || last['apiVersion'] !== apiVersion || typeProblems(last, live.type).length > 0)
    return undefined
  const { modified, added, removed } = compareValues(last, live.object as unknown as JsonValue, live.type)
  return difference(difference(difference(fieldSetOfValue(last, live.type), modified), added), removed)
}

function parse(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as JsonValue
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
  } catch {
    return undefined
  }
}

/** Keeps an annotation that is there in step with what kubectl applies on the server. */
export function withLastApplied(object: KubeObject, config: KubeObject): KubeObject {
  const annotations = object.metadata.annotations
  if (!annotations?.[lastAppliedAnnotation]) return object
  const { [lastAppliedAnnotation]: _, ...rest } = config.metadata.annotations ?? {}
  const { annotations: given, ...metadata } = config.metadata
  const applied = {
    ...config,
    metadata: given === undefined ? metadata : { ...metadata, annotations: rest },
  } as unknown as JsonObject
  const value = `${goJson(applied)}\n`
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...annotations, [lastAppliedAnnotation]: value } },
  }
}
