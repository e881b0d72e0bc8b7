import { RemoteError } from './failure.ts'

/** Four hex digits of length, then the text. */
export function packet(text: string): string {
  return `${(Buffer.byteLength(text) + 4).toString(16).padStart(4, '0')}${text}`
}

export const flushPacket = '0000'
export const delimiterPacket = '0001'

export interface PacketLine {
  readonly kind: 'data' | 'flush' | 'delimiter' | 'end'
  readonly text: string
}

/** Cuts a whole answer into packets. Trailing newlines are taken off. Throws `RemoteError` on anything else. */
export function parsePackets(bytes: Buffer): PacketLine[] {
  const lines: PacketLine[] = []
  let at = 0
  while (at < bytes.byteLength) {
    const length = Number.parseInt(bytes.toString('latin1', at, at + 4), 16)
    if (Number.isNaN(length) || length === 3 || (length > 3 && at + length > bytes.byteLength))
      throw new RemoteError('protocol', 'the answer is not in the Git protocol')
    if (length < 3) {
      lines.push({ kind: (['flush', 'delimiter', 'end'] as const)[length]!, text: '' })
      at += 4
      continue
    }
    const text = bytes.toString('utf8', at + 4, at + length).replace(/\n$/, '')
    if (text.startsWith('ERR ')) throw new RemoteError('not-found', text.slice(4))
    lines.push({ kind: 'data', text })
    at += length
  }
  return lines
}
