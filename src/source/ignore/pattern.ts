/** One line of an ignore file and the folder that the file is in. */
export interface IgnorePattern {
  readonly text: string
  readonly domain: readonly string[]
}

export type MatchResult = 'Exclude' | 'Include' | 'NoMatch'

/** A pattern ready to be asked about paths. */
export interface CompiledPattern extends IgnorePattern {
  /** What the pattern says about a path (its parts from the root); `Include` is what patterns with `!` say. */
  match(path: readonly string[], isDirectory: boolean): MatchResult
}

/**
 * Compiles a pattern with the meaning that go-git gives it: like Git, but a pattern that matches a folder also answers for
 * everything below it, so that a later `!` can bring single files back; `/**` matches nothing by itself; a broken glob
 * matches nothing; `\#` and `\!` stand for themselves.
 */
export function compilePattern(pattern: IgnorePattern): CompiledPattern {
  const inverse = pattern.text.startsWith('!')
  let text = inverse ? pattern.text.slice(1) : pattern.text
  if (!text.endsWith('\\ ')) text = text.replace(/ +$/, '')
  const directoryOnly = text.endsWith('/')
  if (directoryOnly) text = text.slice(0, -1)
  const parts = text.split('/')
  const hit = inverse ? 'Include' : 'Exclude'
  const test = text.includes('/') ? pathMatcher(parts, directoryOnly) : nameMatcher(text, directoryOnly)
  return {
    ...pattern,
    match(path, isDirectory) {
      if (path.length <= pattern.domain.length) return 'NoMatch'
      if (pattern.domain.some((name, index) => path[index] !== name)) return 'NoMatch'
      return test(path.slice(pattern.domain.length), isDirectory) ? hit : 'NoMatch'
    },
  }
}

type Test = (path: readonly string[], isDirectory: boolean) => boolean

/** A pattern without slash: any part of the path may bear the name; the last one only as a folder, if that is asked for. */
function nameMatcher(name: string, directoryOnly: boolean): Test {
  const matches = glob(name)
  return (path, isDirectory) =>
    path.some((part, index) => matches(part) && (!directoryOnly || isDirectory || index < path.length - 1))
}

/** A pattern with slashes starts at the top of its domain; `**` skips any number of folders. */
function pathMatcher(parts: readonly string[], directoryOnly: boolean): Test {
  const globs = parts.map(part => (part === '**' ? undefined : part.includes('**') ? never : glob(part)))
  return (path, isDirectory) => {
    let rest = path
    let matched = false
    let skipping = false
    for (const [index, matches] of globs.entries()) {
      if (parts[index] === '') {
        skipping = false
        continue
      }
      if (matches === undefined) {
        if (index === globs.length - 1) break
        skipping = true
        continue
      }
      if (rest.length === 0) return false
      if (skipping) {
        const found = rest.findIndex(part => matches(part))
        skipping = false
        if (found < 0) return false
        rest = rest.slice(found + 1)
      } else {
        if (!matches(rest[0]!)) return false
        rest = rest.slice(1)
      }
      matched = true
    }
    return matched && !(directoryOnly && !isDirectory && rest.length === 0)
  }
}

function never(): boolean {
  return false
}

/** A shell glob for one name as Go's `path.Match` reads it; one that is malformed matches nothing. */
export function glob(pattern: string): (name: string) => boolean {
  if (!/[*?[\\]/.test(pattern)) return name => name === pattern
  const suffix = /^\*([^*?[\\]*)$/.exec(pattern)?.[1]
  if (suffix !== undefined) return name => name.endsWith(suffix)
  let source = ''
  let at = 0
  while (at < pattern.length) {
    const character = pattern[at]!
    if (character === '*') source += '[^/]*'
    else if (character === '?') source += '[^/]'
    else if (character === '\\') {
      at++
      if (at === pattern.length) return never
      source += literal(pattern[at]!)
    } else if (character === '[') {
      const set = characterClass(pattern, at)
      if (set === undefined) return never
      source += set.source
      at = set.end
    } else source += literal(character)
    at++
  }
  const expression = new RegExp(`^${source}$`, 'su')
  return name => expression.test(name)
}

/** `[abc]`, `[a-z]`, `[^a]`; undefined where it is not closed or a range is upside down. */
function characterClass(pattern: string, start: number): { source: string; end: number } | undefined {
  let at = start + 1
  const negated = pattern[at] === '^'
  if (negated) at++
  const ranges: string[] = []
  for (let first = true; first || pattern[at] !== ']'; first = false) {
    const low = classCharacter(pattern, at)
    if (low === undefined) return undefined
    at = low.end
    let high = low
    if (pattern[at] === '-') {
      const end = classCharacter(pattern, at + 1)
      if (end === undefined) return undefined
      high = end
      at = end.end
    }
    if (low.character <= high.character) ranges.push(`${escapeInClass(low.character)}-${escapeInClass(high.character)}`)
    if (at >= pattern.length) return undefined
  }
  const source = ranges.length === 0 ? (negated ? '[^]' : '[]') : `[${negated ? '^' : ''}${ranges.join('')}]`
  return { source: source === '[^]' ? '[\\s\\S]' : source === '[]' ? '(?!)' : source, end: at }
}

function classCharacter(pattern: string, at: number): { character: string; end: number } | undefined {
  const escaped = pattern[at] === '\\'
  const character = pattern.codePointAt(escaped ? at + 1 : at)
  if (character === undefined || (!escaped && (pattern[at] === '-' || pattern[at] === ']'))) return undefined
  const text = String.fromCodePoint(character)
  return { character: text, end: at + (escaped ? 1 : 0) + text.length }
}

function literal(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character
}

function escapeInClass(character: string): string {
  return /[\\\]^[\-&]/.test(character) ? `\\${character}` : character
}
