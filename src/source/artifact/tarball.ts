import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { crc32, createDeflateRaw } from 'node:zlib'
import type { Tree } from '../../manifest/tree.ts'
import { tar } from './tar.ts'

/** A packed tree. `digest` is `sha256:<hex>` of the file as it is served. */
export interface Tarball {
  readonly digest: string
  readonly size: number
}

/**
 * Packs a tree into a gzip file, part by part, through `write`. The same tree gives the same bytes with the same release of
 * Node: the gzip header is written here, without time and system, and zlib is deterministic. Compression runs outside the
 * main thread.
 */
export async function packTarball(tree: Tree, write: (part: Uint8Array) => Promise<void> | void): Promise<Tarball> {
  const hash = createHash('sha256')
  let size = 0
  const emit = async (part: Uint8Array) => {
    hash.update(part)
    size += part.byteLength
    await write(part)
  }
  let crc = 0
  let length = 0
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const part of tar(tree)) {
      crc = crc32(part, crc)
      length += part.byteLength
      yield part
    }
  }
  await emit(Buffer.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff))
  await pipeline(Readable.from(gathered(counted())), createDeflateRaw({ level: 6 }), async parts => {
    for await (const part of parts as AsyncIterable<Uint8Array>) await emit(part)
  })
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(crc, 0)
  trailer.writeUInt32LE(length % 2 ** 32, 4)
  await emit(trailer)
  return { digest: `sha256:${hash.digest('hex')}`, size }
}

/** Ten thousand small files would be as many round trips to the compressor. */
async function* gathered(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = []
  let size = 0
  for await (const part of parts) {
    waiting.push(part)
    size += part.byteLength
    if (size < 256 * 1024) continue
    yield Buffer.concat(waiting)
    waiting = []
    size = 0
  }
  if (size > 0) yield Buffer.concat(waiting)
}
