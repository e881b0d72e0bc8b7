/** The texts of `Warning` headers with code 299, the only one the API server uses: `299 - "text"`, several with commas between. */
export function readWarnings(header: string | readonly string[] | undefined): readonly string[] {
  if (header === undefined) return []
  const value = typeof header === 'string' ? header : header.join(', ')
  const texts: string[] = []
  for (const match of value.matchAll(/\b(\d{3}) \S+ "((?:[^"\\]|\\.)*)"/g))
    if (match[1] === '299') texts.push((match[2] ?? '').replace(/\\(.)/g, '$1'))
  return texts
}
