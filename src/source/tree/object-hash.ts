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

/** Order of names as Git and Go have it: by UTF-8 bytes, which differs from JavaScript's order beyond the BMP. */
export function compareNames(a: string, b: string): number {
  if (a === b) return 0
  for (let i = 0; i < a.length && i < b.length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1
  }
  return a.length - b.length
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}
