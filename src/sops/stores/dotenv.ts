import type { SopsType } from '../cipher.ts'
import { SopsError } from '../failure.ts'
import type { Leaf, SopsFile } from '../leaf.ts'
import { unflatten } from '../metadata.ts'

const PREFIX = 'sops_'

interface Line {
  /** Undefined for a comment. */
  readonly key: string | undefined
  value: string
}

/** `KEY=value` lines and comments; a line break in a value is `\n`. Empty lines are not kept. Throws a `SopsError`. */
export function readDotenvFile(text: string): SopsFile {
  const lines: Line[] = []
  const metadata = new Map<string, string>()
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === '') continue
    if (line.startsWith('#')) {
      lines.push({ key: undefined, value: line.slice(1) })
      continue
    }
    const equals = line.indexOf('=')
    if (equals < 0) throw new SopsError(`line ${index + 1} has no '='`)
    const key = line.slice(0, equals)
    const value = line.slice(equals + 1)
    if (key.startsWith(PREFIX)) metadata.set(key.slice(PREFIX.length), value)
    else lines.push({ key, value: value.replaceAll('\\n', '\n') })
  }
  const leaves = lines.map((line): Leaf => {
    const { key, value } = line
    return {
      path: key === undefined ? [] : [key],
      comments: [],
      isComment: key === undefined,
      text: value,
      canonical: value,
      set(_type: SopsType, bytes) {
        line.value = bytes.toString()
      },
    }
  })
  return {
    section: metadata.size === 0 ? undefined : unflatten(metadata),
    leaves,
    write() {
      const written = lines.map(({ key, value }) =>
        key === undefined ? `#${value}\n` : `${key}=${value.replaceAll('\n', '\\n')}\n`,
      )
      return Buffer.from(written.join(''))
    },
  }
}
