/** One field of a protobuf message to be written; what is undefined is left out. */
export type Field = Uint8Array | undefined

/** A message from its fields, in the order given. */
export function message(...fields: readonly (Field | readonly Field[])[]): Buffer {
  return Buffer.concat(fields.flat().filter(field => field !== undefined))
}

/** A text field. */
export function text(number: number, value: unknown): Field {
  return typeof value === 'string' && value !== '' ? bytes(number, Buffer.from(value)) : undefined
}

/** A repeated text field. */
export function texts(number: number, values: unknown): readonly Field[] {
  return Array.isArray(values) ? values.map(value => text(number, value)) : []
}

/** A message inside a message; undefined leaves it out. */
export function nested(number: number, value: Uint8Array | undefined): Field {
  return value === undefined ? undefined : bytes(number, value)
}

/** A boolean; false is left out, as proto3 has it. */
export function flag(number: number, value: unknown): Field {
  return value === true ? Buffer.concat([varint(number << 3), varint(1)]) : undefined
}

function bytes(number: number, value: Uint8Array): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(value.length), value])
}

function varint(value: number): Buffer {
  const digits: number[] = []
  let rest = value
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) digits.push((rest & 0x7f) | 0x80)
  digits.push(rest)
  return Buffer.from(digits)
}
