import type { JsonValue } from '../json.ts'
import type { MergeType } from './merge-type.ts'

/** How a value is walked. */
export type Walk = 'map' | 'list' | 'scalar' | 'none'

const [scalarBit, listBit, mapBit] = [1, 2, 4] as const

/** The shapes of a type that the value leaves open; all of them for null, for nothing, and for a value that fits none. */
export function possibleShapes(type: MergeType, value: JsonValue | undefined): number {
  const all =
    (type.scalar === undefined ? 0 : scalarBit) |
    (type.list === undefined ? 0 : listBit) |
    (type.map === undefined ? 0 : mapBit)
  if (value === undefined || value === null) return all
  const own = typeof value !== 'object' ? scalarBit : Array.isArray(value) ? listBit : mapBit
  return (all & own) === 0 ? all : own
}

/** Where several shapes are open, a value is a map before it is a scalar and a scalar before it is a list. */
export function walkOf(shapes: number): Walk {
  if (shapes & mapBit) return 'map'
  if (shapes & scalarBit) return 'scalar'
  return shapes & listBit ? 'list' : 'none'
}
