/**
 * The lines of a stream of UTF-8 bytes, as they become complete, in batches of what one piece of the stream held. What is left
 * at the end without a line end comes back as `rest` of the last batch. Throws a `RangeError` on a line above `limit` characters.
 */
export async function* readLines(
  stream: AsyncIterable<Uint8Array>,
  limit = 64 * 1024 * 1024,
): AsyncGenerator<{ readonly lines: readonly string[]; readonly rest: string }> {
  const decoder = new TextDecoder()
  let pieces: string[] = []
  let held = 0
  for await (const chunk of stream) {
    const text = decoder.decode(chunk, { stream: true })
    const end = text.lastIndexOf('\n')
    if (end < 0) {
      pieces.push(text)
      held += text.length
      if (held > limit) throw new RangeError(`a line of the stream is longer than ${limit} characters`)
      continue
    }
    const complete = pieces.join('') + text.slice(0, end)
    pieces = [text.slice(end + 1)]
    held = text.length - end - 1
    yield { lines: complete.split('\n'), rest: '' }
  }
  yield { lines: [], rest: pieces.join('') + decoder.decode() }
}
