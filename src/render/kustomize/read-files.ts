import type { Source } from './loader.ts'

/** What may still be read. */
export interface Budget {
  bytes: number
  files: number
}

/** Reads one file, within the budget; what exceeds it reads as empty and is reported by whoever needs it. */
export async function readInto(source: Source, path: string, budget: Budget): Promise<Uint8Array> {
  const known = source.contents.get(path)
  if (known !== undefined) return known
  budget.files--
  const isOver = budget.files < 0 || budget.bytes < 0
  const bytes = isOver ? new Uint8Array() : await source.tree.read(path)
  budget.bytes -= bytes.length
  if (isOver || budget.bytes < 0) source.refused.set(path, budget.files < 0 ? 'limit-files' : 'limit-bytes')
  source.contents.set(path, bytes)
  return bytes
}
