/**
 * Rows in columns as the `flux` CLI prints them: cells padded to the widest of their column and closed with a tab, so
 * that the text lines up for people and splits at tabs for programs. Further lines of a cell go on in rows of their own.
 */
export function formatTable(header: readonly string[] | undefined, rows: readonly (readonly string[])[]): string {
  const lines = rows.flatMap(splitLines)
  const all = header === undefined ? lines : [header, ...lines]
  const columns = Math.max(0, ...all.map(row => row.length))
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...all.map(row => width(row[column] ?? ''))))
  const padded = all.map(row => row.map((cell, column) => pad(cell, widths[column] ?? 0)).join('\t'))
  // The header ends in a space where rows end in a tab, as the `flux` CLI has it.
  return padded.map((line, index) => `${line}${index === 0 && header !== undefined ? ' ' : '\t'}\n`).join('')
}

function splitLines(row: readonly string[]): readonly (readonly string[])[] {
  const cells = row.map(cell => cell.split('\n'))
  const height = Math.max(...cells.map(lines => lines.length))
  return Array.from({ length: height }, (_, line) => cells.map(lines => lines[line] ?? ''))
}

function width(text: string): number {
  return [...text].length
}

function pad(text: string, to: number): string {
  return text + ' '.repeat(Math.max(0, to - width(text)))
}
