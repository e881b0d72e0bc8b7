/** The text of an input, and what is wrong with its encoding; a character that cannot be read is NUL. */
export interface DecodedText {
  readonly text: string
  readonly problem: string | undefined
}

/** Decodes UTF-8, or UTF-16 where a byte order mark says so, and drops the mark. */
export function decodeText(input: string | Uint8Array): DecodedText {
  if (typeof input === 'string')
    return { text: input.charCodeAt(0) === 0xfeff ? input.slice(1) : input, problem: undefined }
  const [first, second] = input
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
  try {
    return { text: new TextDecoder(encoding, { fatal: true }).decode(input), problem: undefined }
  } catch {
    const name = encoding === 'utf-8' ? 'UTF-8' : 'UTF-16'
    const text = new TextDecoder(encoding).decode(input)
    const broken = firstBroken(text, input, encoding)
    return { text: `${text.slice(0, broken)}\0${text.slice(broken)}`, problem: `invalid ${name} octet sequence` }
  }
}

/** Where decoding failed: replacement characters that are really in the input are told apart by encoding them again. */
function firstBroken(text: string, input: Uint8Array, encoding: string): number {
  if (encoding !== 'utf-8') return Math.max(text.indexOf('\ufffd'), 0)
  const encoder = new TextEncoder()
  let at = input[0] === 0xef && input[1] === 0xbb && input[2] === 0xbf ? 3 : 0
  let from = 0
  for (;;) {
    const next = text.indexOf('\ufffd', from)
    if (next < 0) return text.length
    at += encoder.encode(text.slice(from, next)).length
    if (input[at] !== 0xef || input[at + 1] !== 0xbf || input[at + 2] !== 0xbd) return next
    at += 3
    from = next + 1
  }
}

/** Control characters other than tab, LF, CR and NEL, the two noncharacters, and halves of surrogate pairs. */
const forbidden =
  /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\ud800-\udfff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

/** Offset of the first character from `from` on that YAML does not allow, -1 where there is none. */
export function findForbidden(text: string, from: number): number {
  const at = (from === 0 ? text : text.slice(from)).search(forbidden)
  return at < 0 ? -1 : at + from
}
