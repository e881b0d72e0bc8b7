import type { Diagnostic, Position } from '../../manifest/diagnostic.ts'
import { isObject, type JsonValue } from '../../manifest/json.ts'
import { formatRef, type KubeObject, refOf } from '../../manifest/object.ts'
import { decodeNode } from '../../manifest/yaml/decode.ts'
import { parseYaml } from '../../manifest/yaml/parse.ts'
import { substitute } from './substitute.ts'

const SWITCH = 'kustomize.toolkit.fluxcd.io/substitute'

export interface ObjectSubstitution {
  readonly object: KubeObject
  /**
   * The object as YAML the way the reconciler prints it. Values are put into this text, so that a printed `${replicas}` without
   * quotes becomes a number.
   */
  readonly text: string
  readonly variables: ReadonlyMap<string, string>
  readonly strict: boolean
  /** Where a field was written, by JSON pointer, for errors; without it they carry no position. */
  readonly locate?: (pointer: string) => Position | undefined
}

/** The object after substitution; undefined where something is wrong with it. */
export interface SubstitutedObject {
  readonly object: KubeObject | undefined
  readonly diagnostics: readonly Diagnostic[]
}

/** True where the object keeps out of substitution by its label or annotation. */
export function keepsOut(object: KubeObject): boolean {
  return object.metadata.labels?.[SWITCH] === 'disabled' || object.metadata.annotations?.[SWITCH] === 'disabled'
}

/** Substitutes variables in one object, and reads the result again by kubectl's YAML rules, as Flux does. */
export function substituteObject(request: ObjectSubstitution): SubstitutedObject {
  const { object, text, variables, strict } = request
  if (keepsOut(object) || !text.includes('$')) return { object, diagnostics: [] }
  const subject = formatRef(refOf(object))
  const substituted = substitute(text, variables, { strict })
  if (substituted.text === undefined) {
    const diagnostics = substituted.diagnostics.map(({ offset, variable, position: _inText, ...rest }) => {
      const pointer = pointerTo(
        object as unknown as JsonValue,
        text.slice(offset, variable === undefined ? offset + 2 : text.indexOf(variable, offset) + variable.length),
      )
      const position = pointer === undefined ? undefined : request.locate?.(pointer)
      return {
        ...rest,
        subject: pointer ? `${subject} ${pointer}` : subject,
        ...(position !== undefined && { position }),
      }
    })
    return { object: undefined, diagnostics: unique(diagnostics) }
  }
  return reread(substituted.text, subject, request)
}

function reread(text: string, subject: string, { locate }: ObjectSubstitution): SubstitutedObject {
  const { documents, diagnostics } = parseYaml(text, { file: '' })
  const document = documents[0]
  const decoded = document === undefined ? undefined : decodeNode(document, 'kubectl')
  const position = locate?.('')
  const problems = [...diagnostics, ...(decoded?.diagnostics ?? [])]
    .filter(one => one.severity === 'error')
    .map(
      ({ position: inText, message }): Diagnostic => ({
        severity: 'error',
        code: 'substitution-breaks-yaml',
        subject,
        message: `with the values of its variables the object is no valid YAML any more: ${message} (line ${inText?.line ?? 1} of the result)`,
        hint: 'quote or indent the value, or keep it out with the label kustomize.toolkit.fluxcd.io/substitute: disabled',
        ...(position !== undefined && { position }),
      }),
    )
  if (problems.length > 0) return { object: undefined, diagnostics: problems }
  const value = decoded?.value
  if (!isObject(value) || !isObject(value['metadata']) || documents.length !== 1) {
    const message = 'with the values of its variables this is no Kubernetes object any more'
    return {
      object: undefined,
      diagnostics: [{ severity: 'error', code: 'substitution-breaks-yaml', subject, message }],
    }
  }
  return { object: value as unknown as KubeObject, diagnostics: [] }
}

/** The pointer of the first string (or key) that holds a text. */
function pointerTo(value: JsonValue | undefined, wanted: string): string | undefined {
  if (typeof value === 'string') return value.includes(wanted) ? '' : undefined
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, item] of Object.entries(value)) {
    const step = `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (key.includes(wanted)) return step
    const below = pointerTo(item, wanted)
    if (below !== undefined) return step + below
  }
  return undefined
}

function unique(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>()
  return diagnostics.filter(one => {
    const key = `${one.subject}\0${one.message}`
    return !seen.has(key) && seen.add(key)
  })
}
