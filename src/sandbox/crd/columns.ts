import type { JsonObject, JsonValue } from '../../manifest/json.ts'
import type { Column } from '../kind.ts'
import { age } from '../table.ts'
import { compilePath } from './json-path.ts'

/** One entry of `additionalPrinterColumns`. */
export interface PrinterColumn {
  readonly name: string
  readonly type: string
  readonly format?: string
  readonly description?: string
  readonly priority?: number
  readonly jsonPath: string
}

/** The columns of one version of a custom resource: its name, then its own columns, or its age where it has none. */
export function customColumns(columns: readonly PrinterColumn[] | undefined): readonly Column[] {
  const own: readonly PrinterColumn[] = columns ?? [
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ]
  return [
    {
      name: 'Name',
      type: 'string',
      format: 'name',
      cell: object => object.metadata.name,
    },
    ...own.map(column => {
      const find = compilePath(column.jsonPath)
      return {
        name: column.name,
        type: column.type as Column['type'],
        format: column.format ?? '',
        description: column.description || `Custom resource definition column (in JSONPath format): ${column.jsonPath}`,
        priority: column.priority ?? 0,
        cell: (object: unknown, now: number) => cellOf(column.type, find?.(object as JsonObject)[0], now),
      }
    }),
  ]
}

function cellOf(type: string, value: JsonValue | undefined, now: number): JsonValue {
  if (value === undefined || value === null) return null
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null
    case 'number':
      return typeof value === 'number' ? value : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'date':
      return typeof value !== 'string' ? null : Number.isNaN(Date.parse(value)) ? '<invalid>' : age(value, now)
    default:
      return typeof value === 'string' ? value : JSON.stringify(value)
  }
}
