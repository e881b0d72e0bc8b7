/** Thrown where bytes are not what their format says; those who read a format catch it. */
export class FormatError extends Error {
  override readonly name = 'FormatError'
}

/** Takes bytes from the front of a buffer. */
export interface ByteReader {
  readonly left: number
  byte(): number
  uint16(): number
  uint32(): number
  bytes(length: number): Buffer
  rest(): Buffer
  /** Four bytes of length, then the bytes: the string of the SSH protocol. */
  sshString(): Buffer
}

export function byteReader(buffer: Buffer): ByteReader {
  let at = 0
  const take = (length: number) => {
    if (length > buffer.byteLength - at) throw new FormatError('cut short')
    const part = buffer.subarray(at, at + length)
    at += length
    return part
  }
  return {
    get left() {
      return buffer.byteLength - at
    },
    byte: () => take(1).readUInt8(),
    uint16: () => take(2).readUInt16BE(),
    uint32: () => take(4).readUInt32BE(),
    bytes: take,
    rest: () => take(buffer.byteLength - at),
    sshString: () => take(take(4).readUInt32BE()),
  }
}
