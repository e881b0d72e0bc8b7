/**
 * Rows in columns as the `flux` CLI prints them: cells padded to the widest of their column and closed with a tab, so
 * that the text lines up for people and splits at tabs for programs.
 */
export function formatTable(header: readonly string[] | undefined, rows: readonly (readonly string[])[]): string {
  const all = header === undefined ? rows : [header, ...rows]
  const columns = Math.max(0, ...all.map(row => row.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    header === undefined ? 0 : Math.max(...all.map(row => width(row[column] ?? ''))),
  )
  return all.map(row => `${row.map((cell, column) => pad(cell, widths[column] ?? 0)).join('\t')}\t\n`).join('')
}

function width(text: string): number {
  return [...text].length
}

function pad(text: string, to: number): string {
  return text + ' '.repeat(Math.max(0, to - width(text)))
}
