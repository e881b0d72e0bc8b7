type Token = '*' | '?' | ((char: string) => boolean)

/**
 * The lengths (in characters, ascending, from 1) of the prefixes of `text` that a shell pattern matches: `*` anything, `?` one
 * character, `[a-z]` and `[^a-z]` one of a set, `\` the next character itself. A malformed pattern matches nothing. Takes
 * time proportional to text times pattern, whatever the pattern.
 */
export function matchingPrefixes(pattern: string, text: readonly string[]): readonly number[] {
  const tokens = tokenize([...pattern])
  if (tokens === undefined) return []
  let states = close(tokens, new Set([0]))
  const lengths: number[] = []
  for (let at = 0; at < text.length && states.size > 0; at++) {
    const char = text[at] ?? ''
    const next = new Set<number>()
    for (const state of states) {
      const token = tokens[state]
      if (token === '*') next.add(state)
      else if (token === '?' || (typeof token === 'function' && token(char))) next.add(state + 1)
    }
    states = close(tokens, next)
    if (states.has(tokens.length)) lengths.push(at + 1)
  }
  return lengths
}

/** A star may match nothing: being before it is being behind it as well. */
function close(tokens: readonly Token[], states: Set<number>): Set<number> {
  for (const state of states) if (tokens[state] === '*') states.add(state + 1)
  return states
}

function tokenize(chars: readonly string[]): readonly Token[] | undefined {
  const tokens: Token[] = []
  let at = 0
  while (at < chars.length) {
    const char = chars[at++] ?? ''
    if (char === '*') {
      if (tokens.at(-1) !== '*') tokens.push('*')
    } else if (char === '?') tokens.push('?')
    else if (char === '[') {
      const set = readSet(chars, at)
      if (set === undefined) return undefined
      at = set.end
      tokens.push(set.matches)
    } else if (char === '\\') {
      if (at >= chars.length) return undefined
      tokens.push(literal(chars[at++] ?? ''))
    } else tokens.push(literal(char))
  }
  return tokens
}

const literal = (wanted: string) => (char: string) => char === wanted

function readSet(
  chars: readonly string[],
  start: number,
): { readonly matches: (char: string) => boolean; readonly end: number } | undefined {
  let at = start
  const negated = chars[at] === '^'
  if (negated) at++
  const ranges: [number, number][] = []
  const bound = () => {
    if (chars[at] === undefined || chars[at] === '-' || chars[at] === ']') return undefined
    if (chars[at] === '\\') at++
    return chars[at++]?.codePointAt(0)
  }
  while (chars[at] !== ']' || ranges.length === 0) {
    const low = bound()
    if (low === undefined) return undefined
    let high: number | undefined = low
    if (chars[at] === '-') {
      at++
      high = bound()
    }
    if (high === undefined) return undefined
    ranges.push([low, high])
  }
  const matches = (char: string) => {
    const code = char.codePointAt(0) ?? 0
    return ranges.some(([low, high]) => low <= code && code <= high) !== negated
  }
  return { matches, end: at + 1 }
}
