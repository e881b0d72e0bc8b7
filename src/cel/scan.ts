/** What a first look at an expression's text gives, without parsing it. */
export interface Scan {
  /** The text with the names of `renamed` calls replaced. */
  readonly text: string
  /** How deep list macros (`all`, `map`, …) are nested: the exponent of the expression's cost. */
  readonly nesting: number
  /** Names that stand at the start of a member access, such as `self` in `self.spec.x`. */
  readonly roots: ReadonlySet<string>
}

const MACROS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter'])
const TOKEN =
  /\/\/[^\n]*|[rRbB]{0,2}(?:"""[\s\S]*?"""|'''[\s\S]*?''')|[rR][bB]?(?:"[^"\n]*"|'[^'\n]*')|[bB]?(?:"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*')|[A-Za-z_][A-Za-z0-9_]*|[().]/gu

/**
 * Reads the tokens of a CEL text that matter here, skipping strings and comments. Method calls whose name is in `renamed` get
 * the new name: the evaluator's own functions cannot be replaced, so ours stand beside them under other names.
 */
export function scan(text: string, renamed: ReadonlyMap<string, string>): Scan {
  const roots = new Set<string>()
  const parens: boolean[] = []
  let result = ''
  let copied = 0
  let nesting = 0
  let beforeName = ''
  let name = ''
  for (const match of text.matchAll(TOKEN)) {
    const token = match[0]
    if (/^[A-Za-z_]/.test(token) && !/['"]$/.test(token)) {
      const rest = text.slice(match.index + token.length)
      const replacement = beforeName === '.' && /^\s*\(/.test(rest) ? renamed.get(token) : undefined
      if (replacement !== undefined) {
        result += text.slice(copied, match.index) + replacement
        copied = match.index + token.length
      }
      if (beforeName !== '.' && /^\s*\./.test(rest)) roots.add(token)
      name = token
      beforeName = token
      continue
    }
    if (token === '(') {
      parens.push(beforeName === name && MACROS.has(name))
      nesting = Math.max(nesting, parens.filter(isMacro => isMacro).length)
    } else if (token === ')') parens.pop()
    beforeName = token
  }
  return { text: result + text.slice(copied), nesting, roots }
}
