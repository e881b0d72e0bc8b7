/** A piece of a template: literal text, or a reference to a variable with what is done to its value. */
export type Piece = string | Reference

/**
 * `${param}` with an operator: `''` none, `#` with no arguments the length, otherwise the sign that follows the name
 * (`:-`, `:=`, `=`, `:`, `^^`, `/`, `//`, `/#`, `/%`, `#`, `##`, `%`, `%%`, …).
 */
export interface Reference {
  readonly param: string
  readonly operator: string
  readonly args: readonly (readonly Piece[])[]
  /** Where its `$` stands in the template. */
  readonly offset: number
}

/** Something that looks like a reference and is none. `offset` is where its `$` stands. */
export interface SyntaxProblem {
  readonly offset: number
  readonly message: string
}

export interface Template {
  readonly pieces: readonly Piece[]
  readonly problems: readonly SyntaxProblem[]
}

const MAX_DEPTH = 100
const NAME = /[\p{L}\p{Nd}_]+/uy

class BadReference extends Error {}

/**
 * Takes a template apart by the grammar of Flux's `envsubst`. `$$` is a dollar sign; `$x` and a lone `$` are text. After a
 * broken reference reading goes on behind its `${`, so that all of them are found.
 */
export function parseTemplate(text: string): Template {
  const problems: SyntaxProblem[] = []
  const pieces: Piece[] = []
  let at = 0

  while (at < text.length) {
    if (!opens()) {
      pieces.push(literal(() => true, '$') ?? '')
      continue
    }
    const offset = at
    try {
      pieces.push(reference(1))
    } catch (error) {
      if (!(error instanceof BadReference)) throw error
      problems.push({ offset, message: error.message })
      at = offset + 2
    }
  }
  return { pieces, problems }

  function opens(): boolean {
    return text[at] === '$' && text[at + 1] === '{'
  }

  /**
   * Text up to a character that is not accepted, a `${` or the end; undefined where there is none. `escapes` names the
   * characters that escape: a dollar itself, a backslash a slash or itself.
   */
  function literal(accepts: (char: string) => boolean, escapes: '' | '$' | '$\\'): string | undefined {
    let value = ''
    let start = at
    const first = at
    while (at < text.length && !opens()) {
      const char = text[at] ?? ''
      const next = text[at + 1]
      const escaped =
        escapes.includes(char) && char !== '' && (char === '$' ? next === '$' : next === '/' || next === '\\')
      if (escaped) {
        value += text.slice(start, at)
        start = at + 1
        at += 2
      } else if (accepts(char)) at++
      else break
    }
    return at === first ? undefined : value + text.slice(start, at)
  }

  function reference(depth: number): Reference {
    if (depth > MAX_DEPTH) throw new BadReference(`references are nested more than ${MAX_DEPTH} deep`)
    const offset = at
    at += 2
    if (text[at] === '#') {
      at++
      const param = name() ?? bad('bad substitution')
      close()
      return { param, operator: '#', args: [], offset }
    }
    const param = name() ?? bad('unable to parse variable name')
    const { operator, args } = operation(depth)
    return { param, operator, args, offset }
  }

  function operation(depth: number): Pick<Reference, 'operator' | 'args'> {
    const sign = text[at] ?? ''
    switch (sign) {
      case '}':
        at++
        return { operator: '', args: [] }
      case ':':
        return /[=\-?+]/.test(text[at + 1] ?? '') ? fallback(take(2), depth) : substring(depth)
      case '=':
        return fallback(take(1), depth)
      case ',':
      case '^': {
        const operator = take(/[,^]/.test(text[at + 1] ?? '') ? 2 : 1)
        close()
        return { operator, args: [] }
      }
      case '#':
      case '%': {
        const operator = take(text[at + 1] === sign ? 2 : 1)
        const pattern = argument(char => char !== '}', '', depth)
        close()
        return { operator, args: [pattern] }
      }
      case '/':
        return replacement(depth)
      default:
        return bad('missing closing brace')
    }
  }

  function fallback(operator: string, depth: number): Pick<Reference, 'operator' | 'args'> {
    const args: (readonly Piece[])[] = []
    while (text[at] !== '}') args.push(argument(char => char !== '}', '', depth))
    at++
    return { operator, args }
  }

  function substring(depth: number): Pick<Reference, 'operator' | 'args'> {
    at++
    const start = argument(char => char !== ':' && char !== '}', '', depth)
    if (text[at] === '}') {
      at++
      return { operator: ':', args: [start] }
    }
    if (!skipAll(':')) bad('bad substitution')
    const length = argument(char => char !== '}', '', depth)
    close()
    return { operator: ':', args: [start, length] }
  }

  function replacement(depth: number): Pick<Reference, 'operator' | 'args'> {
    const operator = take(/[/#%]/.test(text[at + 1] ?? '') ? 2 : 1)
    const pattern = text[at] === '/' ? [''] : argument(char => char !== '/', '$\\', depth)
    if (!skipAll('/')) bad('bad substitution')
    if (text[at] === '}') {
      at++
      return { operator, args: [pattern] }
    }
    const by = argument(char => char !== '}', '$\\', depth)
    close()
    return { operator, args: [pattern, by] }
  }

  function argument(accepts: (char: string) => boolean, escapes: '' | '$\\', depth: number): readonly Piece[] {
    if (opens()) return [reference(depth + 1)]
    return [literal(accepts, escapes) ?? bad('unable to parse substitution within function')]
  }

  function name(): string | undefined {
    NAME.lastIndex = at
    const found = NAME.exec(text)?.[0]
    at += found?.length ?? 0
    return found
  }

  function take(count: number): string {
    at += count
    return text.slice(at - count, at)
  }

  function skipAll(char: string): boolean {
    const start = at
    while (text[at] === char) at++
    return at > start
  }

  function close(): void {
    if (text[at] !== '}') bad('bad substitution')
    at++
  }

  function bad(message: string): never {
    throw new BadReference(message)
  }
}
