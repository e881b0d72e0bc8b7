import path from 'node:path'

/** The version of this package, without the leading `v`. */
export function version(): string {
  const file = path.join(import.meta.dirname, '../../package.json')
  const { readFileSync } = process.getBuiltinModule('node:fs')
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
