/**
 * How a text indents its sequences, found as kyaml finds it: the first block sequence right below a key decides. `compact`
 * has the `-` in the column of the key, `wide` two columns deeper. Editors of files use it to keep a file's own style.
 */
export function sequenceStyleOf(text: string): 'compact' | 'wide' {
  const lines = text.split('\n')
  for (let i = 0; i < lines.length; i++) {
    const dash = lines[i]!.indexOf('- ')
    if (dash < 0 || lines[i]!.slice(0, dash).trim() !== '') continue
    const key = keyLineBefore(lines, i)
    if (key === undefined || !/^[^:]*:$/.test(key.replace(/^ +| +$/g, ''))) continue
    const depth = dash - (key.length - key.replace(/^ +/, '').length)
    if (depth === 0) return 'compact'
    if (depth === 2) return 'wide'
  }
  return 'compact'
}

/** The last line above that is no comment, without a comment behind. */
function keyLineBefore(lines: readonly string[], index: number): string | undefined {
  for (let i = index - 1; i >= 0; i--) if (!lines[i]!.trimStart().startsWith('#')) return lines[i]!.split('#')[0]
  return undefined
}
