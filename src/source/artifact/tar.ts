import type { Tree, TreeEntry } from '../../manifest/tree.ts'

const block = 512

/**
 * The parts of a tar file of a tree, in order: deterministic, and laid out as Flux does it: the root as `.`, folders before
 * what is in them, names in order, no times, no owners, modes 0600, 0700 for executables and 0750 for folders. Symlinks are
 * left out. Names that the old format cannot hold get a pax header.
 */
export async function* tar(tree: Tree): AsyncGenerator<Uint8Array> {
  yield header({ name: '.', mode: 0o750, size: 0, type: '5' })
  for await (const { name, entry, bytes } of readAhead(tree)) {
    if (entry.type === 'directory') {
      yield* entryHeader({ name, mode: 0o750, size: 0, type: '5' })
      continue
    }
    yield* entryHeader({ name, mode: entry.executable ? 0o700 : 0o600, size: bytes.byteLength, type: '0' })
    yield bytes
    const rest = bytes.byteLength % block
    if (rest > 0) yield Buffer.alloc(block - rest)
  }
  yield Buffer.alloc(2 * block)
}

interface Item {
  readonly name: string
  readonly entry: TreeEntry
}

function* walk(tree: Tree, folder: string): Generator<Item> {
  for (const entry of tree.list(folder) ?? []) {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.type !== 'symlink') yield { name, entry }
    if (entry.type === 'directory') yield* walk(tree, name)
  }
}

/** Files that are asked for before the first one is written; a read alone would wait for each answer. */
const ahead = 64
const nothing = new Uint8Array()

async function* readAhead(tree: Tree): AsyncGenerator<Item & { readonly bytes: Uint8Array }> {
  const waiting: { readonly item: Item; readonly bytes: Promise<Uint8Array> }[] = []
  const items = walk(tree, '')
  while (true) {
    while (waiting.length < ahead) {
      const { value: item } = items.next()
      if (item === undefined) break
      const bytes = item.entry.type === 'file' ? tree.read(item.name) : Promise.resolve(nothing)
      // Whoever waits for it hears of a failure; until then nobody does.
      bytes.catch(() => {})
      waiting.push({ item, bytes })
    }
    const next = waiting.shift()
    if (next === undefined) return
    yield { ...next.item, bytes: await next.bytes }
  }
}

interface Entry {
  readonly name: string
  readonly mode: number
  readonly size: number
  readonly type: '0' | '5' | 'x'
}

function* entryHeader(entry: Entry): Generator<Uint8Array> {
  if (splitName(entry.name) !== undefined) return yield header(entry)
  const slash = entry.name.lastIndexOf('/')
  const record = Buffer.from(paxRecord('path', entry.name))
  const dir = slash < 0 ? '' : entry.name.slice(0, slash)
  const base = entry.name.slice(slash + 1)
  const name = asciiTail(`${dir === '' ? '' : `${dir}/`}PaxHeaders.0/${base}`)
  yield header({ name, mode: 0o644, size: record.byteLength, type: 'x' })
  yield record
  yield Buffer.alloc((block - (record.byteLength % block)) % block)
  yield header({ ...entry, name: asciiTail(entry.name) })
}

/** What readers without pax see: plain characters, no longer than fits. */
function asciiTail(name: string): string {
  return name.replaceAll(/[^\x20-\x7e]/g, '').slice(0, 100)
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`)
  let length = rest + String(rest).length
  if (rest + String(length).length !== length) length = rest + String(length).length
  return `${length} ${key}=${value}\n`
}

function header({ name, mode, size, type }: Entry): Buffer {
  const [prefix, tail] = splitName(name) ?? ['', name]
  const bytes = Buffer.alloc(block)
  const octal = (value: number, at: number, width: number) =>
    bytes.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1')
  bytes.write(tail, 0, 'latin1')
  octal(mode, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(size, 124, 12)
  octal(0, 136, 12)
  bytes.write('        ', 148, 'latin1')
  bytes.write(type, 156, 'latin1')
  bytes.write('ustar\x0000', 257, 'latin1')
  octal(0, 329, 8)
  octal(0, 337, 8)
  bytes.write(prefix, 345, 'latin1')
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return bytes
}

/** Prefix and name of the old format; undefined where it cannot hold the path. */
function splitName(name: string): readonly [string, string] | undefined {
  if (/[^\x20-\x7e]/.test(name)) return undefined
  if (name.length <= 100) return ['', name]
  const slash = name.lastIndexOf('/', 155)
  if (slash <= 0 || name.length - slash - 1 > 100 || slash === name.length - 1) return undefined
  return [name.slice(0, slash), name.slice(slash + 1)]
}
