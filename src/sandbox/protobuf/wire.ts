/** One field of a protobuf message as it is on the wire. */
export type WireField =
  | { readonly number: number; readonly type: 'varint'; readonly value: bigint }
  | { readonly number: number; readonly type: 'bytes'; readonly value: Uint8Array }
  | { readonly number: number; readonly type: 'fixed64'; readonly value: number }
  | { readonly number: number; readonly type: 'fixed32'; readonly value: number }

/** Reads the fields of a message in order. Throws a `RangeError` where the bytes are no message. */
export function readFields(bytes: Uint8Array): readonly WireField[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const fields: WireField[] = []
  let at = 0

  function varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw new RangeError('unexpected EOF')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new RangeError('proto: integer overflow')
  }

  while (at < bytes.length) {
    const tag = Number(varint())
    const number = tag >>> 3
    switch (tag & 7) {
      case 0:
        fields.push({ number, type: 'varint', value: varint() })
        break
      case 1:
        fields.push({ number, type: 'fixed64', value: view.getFloat64(at, true) })
        at += 8
        break
      case 2: {
        const length = Number(varint())
        if (at + length > bytes.length) throw new RangeError('unexpected EOF')
        fields.push({ number, type: 'bytes', value: bytes.subarray(at, at + length) })
        at += length
        break
      }
      case 5:
        fields.push({ number, type: 'fixed32', value: view.getFloat32(at, true) })
        at += 4
        break
      default:
        throw new RangeError(`proto: illegal wireType ${tag & 7}`)
    }
  }
  return fields
}
