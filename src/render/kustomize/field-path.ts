/** Splits at the delimiter; a backslash before it keeps it, and a leading one is dropped. */
export function splitPath(path: string, delimiter: string): string[] {
  const parts = path.split(delimiter)
  if (parts.length > 1 && parts[0] === '') parts.shift()
  const result: string[] = [parts[0] ?? '']
  for (const part of parts.slice(1)) {
    const last = result.length - 1
    const before = result[last] ?? ''
    if (before.endsWith('\\')) result[last] = before.slice(0, -1) + delimiter + part
    else result.push(part)
  }
  return result
}

/** Splits at dots outside of brackets: `a.[b=c.d].[e.f]` gives `a`, `[b=c.d]`, `e.f`. */
export function splitFieldPath(path: string): string[] {
  const result: string[] = []
  const parts = splitPath(path, '.')
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] ?? ''
    if (!part.startsWith('[') || part.endsWith(']')) {
      result.push(part)
      continue
    }
    const bracketed = [part]
    while (i < parts.length - 1) {
      i++
      bracketed.push(parts[i] ?? '')
      if (parts[i]?.endsWith(']')) break
    }
    const joined = bracketed.join('.')
    result.push(joined.includes('=') ? joined : joined.replace(/^[[\]]+|[[\]]+$/g, ''))
  }
  return result
}

/** `items[0]` of an old-style path into `items`, `0`. */
export function splitIndexes(parts: readonly string[]): string[] {
  return parts.flatMap(part => {
    const match = /^(.*)\[(\d+)\]$/.exec(part)
    if (match === null) return [part]
    return match[1] === '' ? [match[2] ?? ''] : [match[1] ?? '', match[2] ?? '']
  })
}
