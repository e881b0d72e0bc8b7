import type { Diagnostic } from '../diagnostic.ts'
import { isBlankOrEnd } from './characters.ts'
import { hintFor } from './hint.ts'
import type { YamlNode } from './node.ts'
import { parseDocument } from './parse-document.ts'
import { createParser, type Parser } from './parser-state.ts'
import { createScanner } from './scanner-state.ts'
import { type Mark, YamlSyntaxError } from './syntax-error.ts'
import { decodeText, findForbidden } from './text.ts'

/** What a text may cost at most. A text that exceeds one of these is refused with a diagnostic. */
export interface YamlBudget {
  /** Length of the text, in bytes where bytes are given, else in UTF-16 code units. */
  readonly bytes: number
  /** Nodes of all documents together. */
  readonly nodes: number
  /** Collections inside one another. */
  readonly depth: number
}

export const defaultBudget: YamlBudget = { bytes: 64 * 1024 * 1024, nodes: 4_000_000, depth: 1000 }

export interface ParseOptions {
  /** Name of the text in positions. */
  readonly file: string
  readonly budget?: Partial<YamlBudget>
}

/** What is wrong with a document; `goText` is the message that yaml.v3 prints for it (`yaml: line 4: …`). */
export interface YamlDiagnostic extends Diagnostic {
  readonly goText: string
}

/** What is wrong with its syntax; `oldGoText` is the message of yaml.v2. */
export interface SyntaxDiagnostic extends YamlDiagnostic {
  readonly oldGoText: string
}

/** The documents that could be read and the problems of all others, in order. */
export interface ParsedYaml {
  readonly documents: YamlNode[]
  readonly diagnostics: SyntaxDiagnostic[]
}

/**
 * Reads a stream of YAML documents as Go's yaml.v3 does, with styles, comments and positions. Each result is a node of kind
 * `document`. A broken document gives one diagnostic (code `yaml-syntax`, `yaml-encoding` or `yaml-budget`), and reading
 * goes on at the next `---` line. Never throws.
 */
export function parseYaml(input: string | Uint8Array, options: ParseOptions): ParsedYaml {
  const budget = { ...defaultBudget, ...options.budget }
  const documents: YamlNode[] = []
  const diagnostics: SyntaxDiagnostic[] = []
  const report = (
    code: string,
    problem: string,
    at: Mark,
    { goLine, goProblem, oldLine }: Pick<YamlSyntaxError, 'goLine' | 'goProblem' | 'oldLine'>,
  ): void => {
    const text = (line: number, message: string): string => `yaml: ${line === 0 ? '' : `line ${line}: `}${message}`
    diagnostics.push({
      severity: 'error',
      code,
      message: problem,
      hint: hintFor(problem),
      position: { file: options.file, line: at.line + 1, column: at.column + 1 },
      goText: text(goLine, goProblem),
      oldGoText: text(oldLine, problem),
    })
  }
  const reportAt = (code: string, problem: string, at: Mark): void =>
    report(code, problem, at, { goLine: 0, goProblem: problem, oldLine: 0 })
  const origin: Mark = { pos: 0, line: 0, column: 0 }
  if (input.length > budget.bytes) {
    reportAt('yaml-budget', `text is longer than ${budget.bytes} bytes`, origin)
    return { documents, diagnostics }
  }
  const { text, problem } = decodeText(input)
  const wide = /[\ud800-\udbff]/.test(text)
  let nodes = budget.nodes
  let at = origin
  while (nodes >= 0) {
    const forbidden = findForbidden(text, at.pos)
    const end = forbidden < 0 ? text.length : documentStart(text, forbidden, at.pos)
    nodes = parseReadable(text.slice(at.pos, end), at)
    if (forbidden < 0) break
    at = markAt(text, forbidden, at)
    reportAt('yaml-encoding', problem ?? 'control characters are not allowed', at)
    const next = nextDocument(text, at, at)
    if (next === undefined) break
    at = next
  }
  return { documents, diagnostics }

  /** Reads a part of the text that has only allowed characters and begins at a line; gives the nodes left. */
  function parseReadable(part: string, origin: Mark): number {
    const padded = `${part}\0\0\0\0`
    let start: Mark | undefined = { ...origin, pos: 0 }
    while (start !== undefined) {
      const parser = createParser(createScanner(padded, start, wide, budget.depth), options.file, nodes)
      start = readDocuments(padded, start, parser)
      nodes = parser.nodesLeft
    }
    return nodes
  }

  /** Reads documents up to the end or to an error; gives the place after the error where reading can go on. */
  function readDocuments(padded: string, start: Mark, parser: Parser): Mark | undefined {
    try {
      for (let first = true; ; first = false) {
        const document = parseDocument(parser, first)
        if (document === undefined) return undefined
        documents.push(document)
      }
    } catch (error) {
      if (!(error instanceof YamlSyntaxError)) throw error
      const exhausted = parser.nodesLeft < 0
      const code = exhausted || error.problem.startsWith('exceeded') ? 'yaml-budget' : 'yaml-syntax'
      report(code, error.problem, error.at, error)
      return exhausted ? undefined : nextDocument(padded, error.at, start)
    }
  }
}

/** Start of the document that the character at `pos` belongs to, not before `from`. */
function documentStart(text: string, pos: number, from: number): number {
  for (let at = text.lastIndexOf('---', pos); at > from; at = text.lastIndexOf('---', at - 1)) {
    const before = text.charCodeAt(at - 1)
    if ((before === 10 || before === 13) && isBlankOrEnd(text.charCodeAt(at + 3))) return at
  }
  return from
}

/** The next line that starts a document, behind the place of an error. */
function nextDocument(text: string, at: Mark, from: Mark): Mark | undefined {
  const pattern = /^---(?=[ \t\r\n\0])/gm
  pattern.lastIndex = Math.max(at.column === 0 ? at.pos : at.pos + 1, from.pos + 1)
  const match = pattern.exec(text)
  if (match === null) return undefined
  return markAt(text, match.index, at.pos <= match.index ? at : from)
}

function markAt(text: string, pos: number, near: Mark): Mark {
  let { line } = near
  let lineStart = near.pos - near.column
  for (let i = near.pos; i < pos; i++) {
    const c = text.charCodeAt(i)
    const isLineEnd =
      c === 10 || (c === 13 && text.charCodeAt(i + 1) !== 10) || c === 0x85 || c === 0x2028 || c === 0x2029
    if (isLineEnd) {
      line++
      lineStart = i + 1
    } else if (c >= 0xd800 && c <= 0xdbff) lineStart++
  }
  return { pos, line, column: pos - lineStart }
}
