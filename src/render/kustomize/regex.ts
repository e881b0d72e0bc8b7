import { createRequire } from 'node:module'
import type { RE2JS } from 're2js'
import { fail } from './problem.ts'

/** A pattern in Go's syntax; matching takes linear time. */
export interface Pattern {
  matches(text: string): boolean
}

// Loaded with the first pattern that needs it: most kustomizations have none.
const require = createRequire(import.meta.url)

const literal = /^[A-Za-z0-9_/ :@,=;!-]*$/

/** Compiles a pattern that matches anywhere in a text. A broken pattern is a problem. */
export function compile(pattern: string): Pattern {
  if (literal.test(pattern)) return { matches: text => text.includes(pattern) }
  const compiled = compileRe2(pattern)
  return { matches: text => compiled.matcher(text).find() }
}

/** Compiles a pattern that has to match the whole text; the empty pattern matches everything. */
export function compileAnchored(pattern: string): Pattern {
  if (pattern === '') return { matches: () => true }
  if (literal.test(pattern)) return { matches: text => text === pattern }
  const compiled = compileRe2(`^(?:${pattern})$`)
  return { matches: text => compiled.matcher(text).find() }
}

function compileRe2(pattern: string): ReturnType<typeof RE2JS.compile> {
  const { RE2JS: re2 } = require('re2js') as typeof import('re2js')
  try {
    return re2.compile(pattern)
  } catch (error) {
    return fail(`error parsing regexp: ${(error as Error).message.replace(/^error parsing regexp: /, '')}`, {
      code: 'bad-regular-expression',
      hint: 'the syntax is that of RE2: no look-around and no back references',
    })
  }
}
