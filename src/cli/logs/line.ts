import { isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'

/** Which lines of the engine's log are shown. Case does not matter for level and kind. */
export interface LineFilter {
  readonly level?: string | undefined
  readonly kind?: string | undefined
  readonly name?: string | undefined
  /** Namespace of the object; every one where it is left out. */
  readonly namespace?: string | undefined
}

function parse(line: string): JsonObject | undefined {
  try {
    const value = JSON.parse(line) as JsonValue
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function text(value: JsonValue | undefined): string {
  return value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value)
}

/**
 * A line of the log for people: `2026-11-21T03:02:21.000Z info Kustomization/app.flux-system - message error`. Undefined where
 * the filter does not let it through, or the line is no JSON object.
 */
export function formatLogLine(line: string, filter: LineFilter): string | undefined {
  const fields = parse(line)
  if (fields === undefined) return undefined
  const kind = text(fields['controllerKind'] ?? fields['reconciler kind'])
  const [name, namespace] = [text(fields['name']), text(fields['namespace'])]
  const level = text(fields['level'])
  const matches =
    (filter.level === undefined || filter.level.toLowerCase() === level.toLowerCase()) &&
    (filter.kind === undefined || filter.kind.toLowerCase() === kind.toLowerCase()) &&
    (filter.name === undefined || filter.name === name) &&
    (filter.namespace === undefined || namespace === '' || filter.namespace === namespace)
  if (!matches) return undefined
  const object = kind === '' && name === '' ? '' : `${kind}/${name}.${namespace} `
  const error = text(fields['error'])
  return `${text(fields['ts'])} ${level} ${object}- ${text(fields['msg'])}${error === '' ? '' : ` ${error}`}`
}
