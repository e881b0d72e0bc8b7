import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** The rows of a JSON-lines file of a corpus folder; none where the file is missing. */
export function readRows<Row>(folder: string, file: string): readonly Row[] {
  const location = path.join(folder, file)
  if (!existsSync(location)) return []
  const lines = readFileSync(location, 'utf8').split('\n')
  return lines.filter(line => line.trim() !== '').map(line => JSON.parse(line) as Row)
}
