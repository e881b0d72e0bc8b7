import type { JsonObject, JsonValue } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import type { ProvenanceStep } from '../../manifest/rendered.ts'
import { CommandFailure } from '../failure.ts'
import { describePosition, type NameFile } from './place.ts'

/** What `--explain KIND/NAME:path` asks for. */
export interface Question {
  readonly kind: string
  readonly namespace: string | undefined
  readonly name: string
  readonly path: readonly string[]
}

/** Reads `Deployment/web:spec.replicas` or `Deployment/shop/web:spec.containers[0].image`. */
export function parseQuestion(text: string): Question {
  const colon = text.indexOf(':')
  const [object, field] = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)]
  const parts = object.split('/')
  const [kind = '', second = '', third] = parts
  if (kind === '' || second === '' || parts.length > 3)
    throw new CommandFailure(`--explain: '${text}' names no field; write it as Deployment/web:spec.replicas`)
  const path = field.startsWith('/')
    ? field
        .split('/')
        .slice(1)
        .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    : [...field.matchAll(/\["([^"]*)"\]|([^.[\]]+)/g)].map(match => match[1] ?? match[2] ?? '')
  return { kind, namespace: third === undefined ? undefined : second, name: third ?? second, path }
}

function valueAt(value: JsonValue | undefined, [key, ...rest]: readonly string[]): JsonValue | undefined {
  if (key === undefined) return value
  if (typeof value !== 'object' || value === null) return undefined
  return valueAt((value as JsonObject)[key], rest)
}

/** Where a field of an object comes from, step by step. Fails with what there is. */
export function explainField(
  objects: readonly KubeObject[],
  question: Question,
  explain: (index: number, pointer: string) => readonly ProvenanceStep[],
  nameFile: NameFile,
): string {
  const { kind, name, namespace, path } = question
  const index = objects.findIndex(
    object =>
      object.kind.toLowerCase() === kind.toLowerCase() &&
      object.metadata.name === name &&
      (namespace === undefined || object.metadata.namespace === namespace),
  )
  const object = objects[index]
  if (object === undefined) {
    const there = objects.map(each => `${each.kind}/${each.metadata.name}`).join(', ')
    throw new CommandFailure(`--explain: there is no ${kind}/${name}; there are: ${there || 'no objects at all'}`)
  }
  const shown = path.length === 0 ? '' : `:${path.join('.')}`
  const value = valueAt(object as unknown as JsonValue, path)
  if (value === undefined) throw new CommandFailure(`--explain: ${kind}/${name} has no field ${path.join('.')}`)
  const pointer = path.map(part => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
  const steps = explain(index, pointer).map(
    ({ by, position }) => `  ${position === undefined ? '' : `${describePosition(position, nameFile)}: `}${by}\n`,
  )
  const text = path.length === 0 ? '' : ` = ${JSON.stringify(value)}`
  return `${object.kind}/${name}${shown}${text}\n${steps.join('') || '  nothing is known of where it comes from\n'}`
}
