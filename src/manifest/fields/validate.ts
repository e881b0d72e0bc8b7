import { goPlain, goSyntax, goType } from '../go-text.ts'
import { isArray, isObject, type JsonValue } from '../json.ts'
import { possibleShapes, walkOf } from './kind-of-value.ts'
import { itemElement } from './list-item.ts'
import type { ListType, MapType, MergeType } from './merge-type.ts'
import { fieldElement, formatElement } from './path-element.ts'

/** A value that does not have the shape of its type; the message is the API server's. */
export interface TypeProblem {
  readonly path: string
  readonly message: string
}

/** Checks the shape of a value, not its contents. Duplicate items of sets and keyed lists are problems unless allowed. */
export function typeProblems(value: JsonValue, type: MergeType, allowDuplicates = false): readonly TypeProblem[] {
  const problems: TypeProblem[] = []
  validate(value, type, '', allowDuplicates, problems)
  return problems
}

/** The problems as one text, as the API server joins them. */
export function formatTypeProblems(problems: readonly TypeProblem[]): string {
  const lines = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
  return lines.length === 1 ? (lines[0] ?? '') : ['errors:', ...lines.map(line => `  ${line}`)].join('\n')
}

function validate(value: JsonValue, type: MergeType, path: string, duplicates: boolean, out: TypeProblem[]): void {
  const walk = walkOf(possibleShapes(type, value))
  if (walk === 'map') validateMap(value, type.map!, path, duplicates, out)
  else if (walk === 'list') validateList(value, type.list!, path, duplicates, out)
  else if (walk === 'scalar') validateScalar(value, type.scalar!, path, out)
  else out.push({ path, message: 'schema error: invalid atom: inlined' })
}

function validateScalar(
  value: JsonValue,
  type: NonNullable<MergeType['scalar']>,
  path: string,
  out: TypeProblem[],
): void {
  if (value === null) return
  const actual = typeof value === 'bigint' ? 'number' : typeof value
  const unstructured = () => `&value.valueUnstructured{Value:${goSyntax(value)}}`
  if (type === 'numeric' && actual !== 'number') {
    out.push({ path, message: `expected numeric (int or float), got ${goType(value)}` })
  } else if (type === 'string' && actual !== 'string') {
    out.push({ path, message: `expected string, got ${unstructured()}` })
  } else if (type === 'boolean' && actual !== 'boolean') {
    out.push({ path, message: `expected boolean, got &{${goPlain(value)}}` })
  } else if (type === 'untyped' && actual === 'object') {
    out.push({ path, message: `expected any scalar, got &{${goPlain(value)}}` })
  }
}

function validateMap(value: JsonValue, type: MapType, path: string, duplicates: boolean, out: TypeProblem[]): void {
  if (value === null) return
  if (!isObject(value)) {
    out.push({ path, message: `expected map, got &{${goPlain(value)}}` })
    return
  }
  for (const name in value) {
    const item = value[name]
    if (item === undefined) continue
    const field = type.fields.get(name)?.type ?? type.element
    if (field === undefined) {
      out.push({ path: `${path}${formatElement(fieldElement(name))}`, message: 'field not declared in schema' })
      return
    }
    if (item !== null && typeof item !== 'object' && field.scalar !== undefined) {
      const before = out.length
      validateScalar(item, field.scalar, '', out)
      if (out.length > before) out[before] = { path: `${path}.${name}`, message: out[before]!.message }
    } else validate(item, field, `${path}.${name}`, duplicates, out)
  }
}

function validateList(value: JsonValue, type: ListType, path: string, duplicates: boolean, out: TypeProblem[]): void {
  if (value === null) return
  if (!isArray(value)) {
    out.push({ path, message: `expected list, got &{${goPlain(value)}}` })
    return
  }
  const seen = new Set<string>()
  for (const [index, item] of value.entries()) {
    let step = `[${index}]`
    if (!type.atomic) {
      const element = itemElement(type, item)
      if (typeof element !== 'string') {
        out.push({ path, message: `element ${index}: ${element.problem}` })
        return
      }
      step = formatElement(element)
      if (seen.has(element) && !duplicates) out.push({ path, message: `duplicate entries for key ${step}` })
      seen.add(element)
    }
    validate(item, type.element, `${path}${step}`, duplicates, out)
  }
}
