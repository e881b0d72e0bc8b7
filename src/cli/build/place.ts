import path from 'node:path'
import type { Diagnostic, Position } from '../../manifest/diagnostic.ts'
import { formatDiagnostic } from '../../manifest/diagnostic.ts'

/** How a file of a tree is named to somebody in a folder. */
export type NameFile = (file: string) => string

/** Files of a tree at `root` as seen from the folder `from`; those outside of it keep their full path. */
export function filesSeenFrom(root: string, from: string): NameFile {
  return file => {
    const full = path.join(root, file)
    const relative = path.relative(from, full)
    return relative.startsWith('..') ? full : relative || '.'
  }
}

/** `file:line:column: message (hint)`; a problem of a whole folder gets its first line, so that every line has one form. */
export function describeProblem(diagnostic: Diagnostic, nameFile: NameFile, fallback: string): string {
  const { position = { file: fallback, line: 1, column: 1 } } = diagnostic
  return formatDiagnostic({ ...diagnostic, position: { ...position, file: nameFile(position.file) } })
}

export function describePosition({ file, line, column }: Position, nameFile: NameFile): string {
  return `${nameFile(file)}:${line}:${column}`
}
