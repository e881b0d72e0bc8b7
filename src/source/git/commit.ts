/** Who and when, as Git writes it: `Name <mail> <seconds> <zone>`. `when` is RFC 3339 in the zone it was written in. */
export interface GitPerson {
  readonly name: string
  readonly email: string
  readonly when: string
}

/** A commit as its object has it. `payload` is the raw object without its signature: what was signed. */
export interface GitCommit {
  readonly sha: string
  readonly tree: string
  readonly parents: readonly string[]
  readonly author: GitPerson
  readonly committer: GitPerson
  readonly message: string
  readonly signature?: string
  readonly payload: Uint8Array
}

/** An annotated tag. Lightweight tags have no object. */
export interface GitTag {
  readonly sha: string
  readonly name: string
  readonly target: string
  readonly tagger?: GitPerson
  readonly message: string
  readonly signature?: string
  readonly payload: Uint8Array
}

/** Reads a raw commit object. Bytes are taken one to one (latin1) for the payload, as UTF-8 for what people read. */
export function parseCommit(sha: string, bytes: Uint8Array): GitCommit {
  const raw = Buffer.from(bytes).toString('latin1')
  const { headers, body } = split(raw)
  const first = (key: string) => headers.find(header => header.key === key)?.value
  const signature = first('gpgsig')
  const signed = headers.filter(header => header.key !== 'gpgsig' && header.key !== 'gpgsig-sha256')
  return {
    sha,
    tree: first('tree') ?? '',
    parents: headers.filter(header => header.key === 'parent').map(header => header.value),
    author: parsePerson(first('author') ?? ''),
    committer: parsePerson(first('committer') ?? ''),
    message: utf8(body),
    payload: Buffer.from(`${signed.map(header => header.text).join('')}\n${body}`, 'latin1'),
    ...(signature === undefined ? {} : { signature: `${signature}\n` }),
  }
}

/** Reads a raw tag object; its signature stands at the end of the message. */
export function parseTag(sha: string, bytes: Uint8Array): GitTag {
  const raw = Buffer.from(bytes).toString('latin1')
  const { headers, body } = split(raw)
  const first = (key: string) => headers.find(header => header.key === key)?.value
  const at = signatureStart(body)
  const tagger = first('tagger')
  return {
    sha,
    name: utf8(first('tag') ?? ''),
    target: first('object') ?? '',
    message: utf8(at < 0 ? body : body.slice(0, at)),
    payload: Buffer.from(at < 0 ? raw : raw.slice(0, raw.length - body.length + at), 'latin1'),
    ...(tagger === undefined ? {} : { tagger: parsePerson(tagger) }),
    ...(at < 0 ? {} : { signature: body.slice(at) }),
  }
}

/** Where the signature block at the end of a tag's message begins; the last one counts, as in Git. */
function signatureStart(body: string): number {
  let found = -1
  for (const match of body.matchAll(/^-----BEGIN (?:PGP (?:SIGNATURE|MESSAGE)|SSH SIGNATURE|SIGNED MESSAGE)-----/gm))
    found = match.index
  return found
}

interface Header {
  readonly key: string
  readonly value: string
  readonly text: string
}

/** Headers end at the first empty line; a line that begins with a space continues the one before. */
function split(raw: string): { headers: Header[]; body: string } {
  const headers: { key: string; value: string; text: string }[] = []
  let at = 0
  while (at < raw.length && raw[at] !== '\n') {
    const newline = raw.indexOf('\n', at)
    const end = newline < 0 ? raw.length : newline
    const line = raw.slice(at, end)
    const last = headers.at(-1)
    if (line.startsWith(' ') && last !== undefined) {
      last.value += `\n${line.slice(1)}`
      last.text += `${line}\n`
    } else {
      const space = line.indexOf(' ')
      headers.push({ key: line.slice(0, space), value: line.slice(space + 1), text: `${line}\n` })
    }
    at = end + 1
  }
  return { headers, body: raw.slice(at + 1) }
}

function parsePerson(text: string): GitPerson {
  const [, name = '', email = '', seconds = '0', sign = '+', hours = '00', minutes = '00'] =
    /^(.*?) ?<([^>]*)>(?: (\d+) ([+-])(\d\d)(\d\d))?/.exec(text) ?? []
  return { name: utf8(name), email: utf8(email), when: instant(Number(seconds), sign, hours, minutes) }
}

function instant(seconds: number, sign: string, hours: string, minutes: string): string {
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60 : 60)
  const local = new Date(Math.min(seconds + offset, 8.64e12) * 1000).toISOString().slice(0, 19)
  return offset === 0 ? `${local}Z` : `${local}${sign}${hours}:${minutes}`
}

function utf8(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8')
}

/** The first line of a message, cut to 50 characters with `...`: how Flux names a commit in events. */
export function shortMessage(message: string): string {
  const [subject = ''] = message.split('\n')
  const characters = [...subject]
  return characters.length > 50 ? `${characters.slice(0, 50).join('')}...` : subject
}
