/** A place in the text being scanned: offset in code units, line and column from 0. */
export interface Mark {
  readonly pos: number
  readonly line: number
  readonly column: number
}

/**
 * What is wrong with a text, thrown inside the parser and caught in `parseYaml`. `problem` is worded as yaml.v3 words it;
 * `at` is where a person should look, `goLine` the line that yaml.v3 prints (0: it prints none), `oldLine` that of yaml.v2.
 */
export class YamlSyntaxError extends Error {
  override readonly name = 'YamlSyntaxError'
  readonly problem: string
  readonly at: Mark
  readonly goLine: number
  readonly oldLine: number
  /** What yaml.v3 says, where that is not what is wrong. */
  readonly goProblem: string

  constructor(problem: string, at: Mark, goLine: number, oldLine: number = goLine, goProblem: string = problem) {
    super(problem)
    this.problem = problem
    this.at = at
    this.goLine = goLine
    this.oldLine = oldLine
    this.goProblem = goProblem
  }
}

/**
 * An error of the scanner: yaml.v3 names the line of the context, yaml.v2 that of the problem, both counted from 1, unless
 * it is the first, which is never named.
 */
export function scannerError(problem: string, context: Mark, found: Mark, at: Mark = context): YamlSyntaxError {
  const line = context.line !== 0 ? context.line + 1 : found.line !== 0 ? found.line + 1 : 0
  const oldLine = found.line !== 0 ? found.line + 1 : context.line
  return new YamlSyntaxError(problem, at, line, oldLine)
}

/** An error of the parser: its line is printed as counted from 0, that is, the line before. */
export function parserError(problem: string, context: Mark | undefined, found: Mark): YamlSyntaxError {
  const line = context !== undefined && context.line !== 0 ? context.line : found.line
  const oldLine = found.line !== 0 ? found.line : (context?.line ?? 0)
  return new YamlSyntaxError(problem, found, line, oldLine)
}
