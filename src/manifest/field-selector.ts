import { isObject, type JsonValue } from './json.ts'
import type { KubeObject } from './object.ts'
import type { Parsed } from './selector.ts'

/** One condition on one field, named by its dotted path. */
export interface FieldRequirement {
  readonly field: string
  readonly operator: '=' | '!='
  readonly value: string
}

/** All of these must hold; the empty selector selects everything. */
export type FieldSelector = readonly FieldRequirement[]

/** Reads `metadata.name=x,status.phase!=Running` as apimachinery's `fields.ParseSelector` does, with its error texts. */
export function parseFieldSelector(text: string): Parsed<FieldSelector> {
  const requirements: FieldRequirement[] = []
  for (const term of splitTerms(text).sort()) {
    if (term === '') continue
    const split = /^(.*?)(!=|==|=)(.*)$/s.exec(term)
    if (split === null) return { error: `invalid selector: '${text}'; can't understand '${term}'` }
    const value = unescaped(split[3] ?? '')
    if (value.error !== undefined) return value
    requirements.push({ field: split[1] ?? '', operator: split[2] === '!=' ? '!=' : '=', value: value.value })
  }
  return { value: requirements }
}

/** True when every requirement holds. `field` gives the text at a path; a field that is not there is the empty string. */
export function matchesFields(selector: FieldSelector, field: (path: string) => string | undefined): boolean {
  return selector.every(one => ((field(one.field) ?? '') === one.value) === (one.operator === '='))
}

/** The canonical string form, with `\`, `,` and `=` in values escaped. */
export function formatFieldSelector(selector: FieldSelector): string {
  return selector.map(one => `${one.field}${one.operator}${one.value.replace(/[\\,=]/g, '\\$&')}`).join(',')
}

/** The text at a dotted path of an object, for `matchesFields`; undefined where there is none or it is not a scalar. */
export function fieldText(object: KubeObject, path: string): string | undefined {
  let value = object as unknown as JsonValue | undefined
  for (const step of path.split('.')) value = isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined
  return value === undefined || value === null || typeof value === 'object' ? undefined : String(value)
}

function splitTerms(text: string): string[] {
  const terms: string[] = []
  let start = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === ',') {
      terms.push(text.slice(start, at))
      start = at + 1
    }
  }
  return [...terms, text.slice(start)]
}

function unescaped(text: string): Parsed<string> {
  let value = ''
  const chars = [...text]
  for (let at = 0; at < chars.length; at++) {
    let char = chars[at] ?? ''
    // The server prints the character's number here, not the character.
    if (char === ',' || char === '=')
      return { error: `invalid field selector: unescaped character in value: ${char.codePointAt(0)}` }
    if (char === '\\') {
      char = chars[++at] ?? ''
      if (char === '' || !'\\,='.includes(char))
        return { error: `invalid field selector: invalid escape sequence: \\${char}` }
    }
    value += char
  }
  return { value }
}
