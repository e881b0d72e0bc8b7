/** One DER element: tag, length and content (X.690). */
export function element(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  const { length } = body
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), body])
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff)
  return Buffer.concat([Buffer.from([tag, 0x80 | bytes.length, ...bytes]), body])
}

export const sequence = (...content: readonly Uint8Array[]): Buffer => element(0x30, ...content)
export const set = (...content: readonly Uint8Array[]): Buffer => element(0x31, ...content)
export const octets = (...content: readonly Uint8Array[]): Buffer => element(0x04, ...content)
export const bits = (content: Uint8Array, unused = 0): Buffer => element(0x03, Buffer.from([unused]), content)
export const utf8 = (text: string): Buffer => element(0x0c, Buffer.from(text))
export const yes = (): Buffer => element(0x01, Buffer.from([0xff]))
/** A context-specific element; constructed where it wraps others. */
export const context = (tag: number, constructed: boolean, ...content: readonly Uint8Array[]): Buffer =>
  element((constructed ? 0xa0 : 0x80) | tag, ...content)

/** A non-negative integer from its big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  return element(0x02, (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)
}

/** An object identifier from its dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes: number[] = []
  for (const part of [first * 40 + second, ...rest]) {
    const digits = [part & 0x7f]
    for (let more = part >>> 7; more > 0; more >>>= 7) digits.unshift((more & 0x7f) | 0x80)
    bytes.push(...digits)
  }
  return element(0x06, Buffer.from(bytes))
}

/** A time; UTCTime up to 2049 and GeneralizedTime later, as RFC 5280 wants it. */
export function time(milliseconds: number): Buffer {
  const digits = `${new Date(milliseconds).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`
  return digits < '2050' ? element(0x17, Buffer.from(digits.slice(2))) : element(0x18, Buffer.from(digits))
}

/** PEM text of DER bytes. */
export function pem(label: string, der: Uint8Array): string {
  const lines = Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n').trimEnd()
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`
}
