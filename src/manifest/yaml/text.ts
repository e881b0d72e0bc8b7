/** The text of an input; where it is broken, NUL stands at that place and `problem` says what is wrong, as yaml.v3 does. */
export interface DecodedText {
  readonly text: string
  readonly problem: string | undefined
}

/** Decodes UTF-8, or UTF-16 where a byte order mark says so, and drops the mark. */
export function decodeText(input: string | Uint8Array): DecodedText {
  if (typeof input === 'string') {
    return { text: input.charCodeAt(0) === 0xfeff ? input.slice(1) : input, problem: undefined }
  }
  const [first, second] = input
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return decodeUtf16(input, first)
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(input), problem: undefined }
  } catch {
    const at = firstBrokenByte(input)
    const text = new TextDecoder().decode(input.subarray(0, at))
    const rest = new TextDecoder().decode(input.subarray(at + 1))
    return { text: `${text}\0${rest}`, problem: describeBroken(input, at) }
  }
}

function decodeUtf16(input: Uint8Array, first: number): DecodedText {
  const text = new TextDecoder(first === 0xff ? 'utf-16le' : 'utf-16be').decode(input)
  return { text, problem: input.length % 2 === 1 ? 'incomplete UTF-16 character' : undefined }
}

/** How many bytes a character takes that starts with this one; 0 where none can. */
function widthOf(byte: number): number {
  return byte < 0x80 ? 1 : byte >> 5 === 6 ? 2 : byte >> 4 === 14 ? 3 : byte >> 3 === 30 ? 4 : 0
}

function firstBrokenByte(input: Uint8Array): number {
  let at = 0
  while (at < input.length && describeBroken(input, at) === undefined) at += widthOf(input[at]!)
  return at
}

/** What is wrong with the UTF-8 character at an offset; undefined where nothing is. */
function describeBroken(input: Uint8Array, at: number): string | undefined {
  const lead = input[at]!
  const width = widthOf(lead)
  if (width === 1) return undefined
  if (width === 0) return 'invalid leading UTF-8 octet'
  if (at + width > input.length) return 'incomplete UTF-8 octet sequence'
  let code = lead & (0xff >> (width + 1))
  for (let i = 1; i < width; i++) {
    const byte = input[at + i]!
    if (byte >> 6 !== 2) return 'invalid trailing UTF-8 octet'
    code = code * 64 + (byte & 0x3f)
  }
  if (code < [0, 0, 0x80, 0x800, 0x10000][width]!) return 'invalid length of a UTF-8 sequence'
  return (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff ? 'invalid Unicode character' : undefined
}

/** Control characters other than tab, LF, CR and NEL, the two noncharacters, and halves of surrogate pairs. */
const forbidden =
  /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\ud800-\udfff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

/** Offset of the first character from `from` on that YAML does not allow, -1 where there is none. */
export function findForbidden(text: string, from: number): number {
  const at = (from === 0 ? text : text.slice(from)).search(forbidden)
  return at < 0 ? -1 : at + from
}
