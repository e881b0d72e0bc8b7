import type { ApiError } from '../kube/cluster.ts'
import type { Position } from '../manifest/diagnostic.ts'
import { isArray, isObject, type JsonValue } from '../manifest/json.ts'
import type { ChangeEntry } from '../plan/change-set.ts'
import { formatPointer } from '../plan/pointer.ts'

/**
 * Where the field that a server complains about is written: the first one it names that can be found in the object, or what
 * is nearest around it where the field is missing. Undefined where it names none, or nobody knows where it came from.
 */
export function fieldPosition(error: ApiError, { desired, explain }: ChangeEntry): Position | undefined {
  if (desired === undefined || explain === undefined) return undefined
  for (const field of fieldsOf(error)) {
    const parts = partsIn(desired as unknown as JsonValue, field)
    if (parts.length === 0) continue
    const position = explain(formatPointer(parts)).findLast(step => step.position !== undefined)?.position
    if (position !== undefined) return position
  }
  return undefined
}

/** The fields of a `Status`: those of its causes, and those in the texts of decoding and of typed merging. */
function fieldsOf({ details, message }: ApiError): readonly string[] {
  const causes = isObject(details) ? details['causes'] : undefined
  const named = (isArray(causes) ? causes : []).flatMap(cause => {
    const field = isObject(cause) ? cause['field'] : undefined
    return typeof field === 'string' && !/^(<nil>|patch)?$/.test(field) ? [field] : []
  })
  const told = [
    ...message.matchAll(/(?:unknown|duplicate) field "([^"]+)"/g),
    ...message.matchAll(/(?:^|\s)(\.[\w.[\]"'=,/ -]+?): (?:field not declared in schema|expected )/g),
  ]
  return [...named, ...told.map(match => match[1] ?? '')]
}

/**
 * The parts of a server's path as far as they lead into a value. It writes `spec.ports[0].port`, `data[a.b]`,
 * `.spec.containers[name="web"].image`, and at times keys with dots in them, such as `metadata.labels.a.b/c`.
 */
function partsIn(value: JsonValue, path: string): readonly string[] {
  const parts: string[] = []
  let at: JsonValue | undefined = value
  let rest = path.replace(/^\./, '')
  while (rest !== '') {
    const step: PathStep | undefined = isArray(at)
      ? itemStep(at, rest)
      : isObject(at)
        ? keyStep(Object.keys(at), rest)
        : undefined
    if (step === undefined) break
    parts.push(step.part)
    at = isArray(at) ? at[Number(step.part)] : isObject(at) ? at[step.part] : undefined
    rest = rest.slice(step.length).replace(/^\./, '')
  }
  return parts
}

interface PathStep {
  readonly part: string
  /** Letters of the path that it takes. */
  readonly length: number
}

function itemStep(items: readonly JsonValue[], path: string): PathStep | undefined {
  const [whole = '', inner = ''] = /^\[([^\]]*)\]/.exec(path) ?? []
  const keys = [...inner.matchAll(/([\w.-]+)=("(?:[^"\\]|\\.)*"|[^,]+)/g)]
  const index = /^\d+$/.test(inner)
    ? Number(inner)
    : keys.length === 0
      ? -1
      : items.findIndex(
          item => isObject(item) && keys.every(([, key = '', text = '']) => String(item[key]) === unquoted(text)),
        )
  return items[index] === undefined ? undefined : { part: String(index), length: whole.length }
}

function unquoted(text: string): string {
  return text.startsWith('"') ? String(JSON.parse(text)) : text
}

function keyStep(keys: readonly string[], path: string): PathStep | undefined {
  const bracketed = /^\[([^\]]+)\]/.exec(path)
  if (bracketed !== null) {
    const [whole, key = ''] = bracketed
    return keys.includes(key) ? { part: key, length: whole.length } : undefined
  }
  const fitting = keys.filter(key => path.startsWith(key) && /^([.[]|$)/.test(path.slice(key.length)))
  const key = fitting.toSorted((a, b) => b.length - a.length)[0]
  return key === undefined ? undefined : { part: key, length: key.length }
}
