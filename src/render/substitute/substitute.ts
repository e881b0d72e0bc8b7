import type { Diagnostic, Position } from '../../manifest/diagnostic.ts'
import { type Piece, parseTemplate } from './expression.ts'
import { applyOperator, providesDefault } from './operators.ts'

export interface SubstituteOptions {
  /** A variable that is not set and has no default is an error; otherwise it is the empty string. */
  readonly strict: boolean
  /** The name for positions. */
  readonly file?: string
}

/** `variable` and `offset` (of the `$` in the text) say what a diagnostic is about. */
export interface SubstituteDiagnostic extends Diagnostic {
  readonly offset: number
  readonly variable?: string
}

const SIZE_LIMIT = 64 * 1024 * 1024

/** The text is there when there is no error. */
export interface Substituted {
  readonly text: string | undefined
  readonly diagnostics: readonly SubstituteDiagnostic[]
}

/**
 * Replaces `${name}` and its bash-like forms in a text as Flux's `postBuild` does. All broken references and all missing
 * variables are reported at once, each with its position in the text; a missing variable once per place.
 */
export function substitute(
  text: string,
  variables: ReadonlyMap<string, string>,
  options: SubstituteOptions,
): Substituted {
  // Most objects hold no variable at all.
  if (!text.includes('$')) return { text, diagnostics: [] }
  const { pieces, problems } = parseTemplate(text)
  const found: SubstituteDiagnostic[] = problems.map(({ offset, message }) => ({
    severity: 'error',
    code: 'substitution-syntax',
    message: `${message}: ${excerpt(text, offset)}`,
    hint: 'write $${…} where the text is meant as it stands',
    offset,
  }))

  /** Bounds what a small text with large values can grow to. */
  function bounded(value: string): string {
    if (value.length > SIZE_LIMIT) throw new RangeError('the result is too large')
    return value
  }

  function evaluate(parts: readonly Piece[]): string {
    let result = ''
    for (const part of parts) {
      if (typeof part === 'string') {
        result += part
        continue
      }
      const args = part.args.map(evaluate)
      const value = variables.get(part.param)
      if (value === undefined && options.strict && !providesDefault(part.operator)) found.push(missing(part))
      result = bounded(result + applyOperator(part.operator, value ?? '', args))
    }
    return result
  }

  function evaluateAll(): string {
    try {
      return evaluate(pieces)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      found.push({
        severity: 'error',
        code: 'substitution-too-large',
        message: `substituting variables takes too much: ${error.message}`,
        hint: 'use smaller values, or fewer references to them',
        offset: 0,
      })
      return ''
    }
  }

  const result = evaluateAll()
  if (found.length === 0) return { text: result, diagnostics: [] }
  const position = positions(text, options.file ?? '')
  found.sort((a, b) => a.offset - b.offset)
  return { text: undefined, diagnostics: found.map(one => ({ ...one, position: position(one.offset) })) }
}

function missing({ param, offset }: { readonly param: string; readonly offset: number }): SubstituteDiagnostic {
  return {
    severity: 'error',
    code: 'variable-not-set',
    message: `variable not set (strict mode): "${param}"`,
    hint: `set it in postBuild.substitute or substituteFrom, or give a default: \${${param}:=value}`,
    offset,
    variable: param,
  }
}

function excerpt(text: string, offset: number): string {
  const line = text.slice(offset, offset + 40).split('\n', 1)[0] ?? ''
  return line.includes('}') ? line.slice(0, line.indexOf('}') + 1) : line
}

/** Turns ascending offsets into positions in one pass. */
function positions(text: string, file: string): (offset: number) => Position {
  let line = 1
  let column = 1
  let at = 0
  return offset => {
    for (const char of text.slice(at, offset)) {
      if (char === '\n') line++
      column = char === '\n' ? 1 : column + 1
    }
    at = offset
    return { file, line, column }
  }
}
