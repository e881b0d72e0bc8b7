import { createHash } from 'node:crypto'

/** One line of a Git tree object. `mode` is octal text without leading zero (`100644`, `40000`, …), `hash` 40 hex digits. */
export interface TreeLine {
  readonly name: string
  readonly mode: string
  readonly hash: string
}

/** The SHA-1 name that Git gives an object of this type and content, in hex. */
export function objectHash(type: 'blob' | 'tree' | 'commit' | 'tag', content: Uint8Array): string {
  return createHash('sha1').update(`${type} ${content.byteLength}\0`).update(content).digest('hex')
}

/** The name of a directory's tree object. Lines may come in any order. */
export function treeHash(lines: readonly TreeLine[]): string {
  const sorted = lines
    .map(line => ({ line, key: Buffer.from(line.mode === '40000' ? `${line.name}/` : line.name) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
  const parts = sorted.flatMap(({ line }) => [
    Buffer.from(`${line.mode} ${line.name}\0`),
    Buffer.from(line.hash, 'hex'),
  ])
  return objectHash('tree', Buffer.concat(parts))
}
