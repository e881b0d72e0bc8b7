import { SopsError } from '../failure.ts'
import type { Leaf, SopsFile } from '../leaf.ts'
import { unflatten } from '../metadata.ts'

const SECTION = 'sops'
/** What stands before the first section is in this one. */
const DEFAULT = 'DEFAULT'

interface Entry {
  readonly key: string
  value: string
  readonly comments: readonly string[]
}

interface Section {
  readonly name: string
  readonly comments: readonly string[]
  readonly entries: Entry[]
}

/** Sections of `key = value` lines; comments begin with `;` or `#`. Written in one form, values in a column. Throws a `SopsError`. */
export function readIniFile(text: string): SopsFile {
  const sections: Section[] = [{ name: DEFAULT, comments: [], entries: [] }]
  let comments: string[] = []
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim()
    if (line === '') continue
    if (/^[;#]/.test(line)) {
      comments.push(line)
      continue
    }
    const name = /^\[(.*)\]$/.exec(line)?.[1]
    if (name !== undefined) sections.push({ name: name.trim(), comments, entries: [] })
    else {
      const [, key, value = ''] = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(line) ?? []
      if (key === undefined) throw new SopsError(`line ${index + 1} is neither a section nor 'key = value'`)
      sections.at(-1)?.entries.push({ key, value: unquoted(value), comments })
    }
    comments = []
  }
  const plain = sections.filter(({ name }) => name !== SECTION)
  const own = sections.find(({ name }) => name === SECTION)
  return {
    section: own === undefined ? undefined : unflatten(new Map(own.entries.map(({ key, value }) => [key, value]))),
    leaves: plain.flatMap(({ name, entries }) => entries.map(entry => leafOf(name, entry))),
    write: () =>
      Buffer.from(
        plain
          .map(writeSection)
          .filter(part => part !== '')
          .join('\n'),
      ),
  }
}

function leafOf(section: string, entry: Entry): Leaf {
  return {
    path: [section, entry.key],
    comments: entry.comments.map(comment => comment.slice(1)),
    isComment: false,
    text: entry.value,
    canonical: entry.value,
    set(_type, bytes) {
      entry.value = bytes.toString()
    },
  }
}

function unquoted(value: string): string {
  const [, inner] = /^"""(.*)"""$/.exec(value) ?? /^`(.*)`$/.exec(value) ?? /^"(.*)"$/.exec(value) ?? []
  return inner ?? value
}

function quoted(value: string): string {
  if (/[\n`]/.test(value)) return `"""${value}"""`
  return /[#;]/.test(value) || value !== value.trim() ? `\`${value}\`` : value
}

function writeSection({ name, comments, entries }: Section): string {
  if (name === DEFAULT && entries.length === 0) return ''
  const width = Math.max(0, ...entries.map(({ key }) => key.length))
  const isPlain = (comment: string) => !comment.includes('ENC[AES256_GCM,')
  return [
    ...comments.filter(isPlain),
    ...(name === DEFAULT ? [] : [`[${name}]`]),
    ...entries.flatMap(({ key, value, comments: above }) => [
      ...above.filter(isPlain),
      `${key.padEnd(width)} = ${quoted(value)}`.trimEnd(),
    ]),
    '',
  ].join('\n')
}
