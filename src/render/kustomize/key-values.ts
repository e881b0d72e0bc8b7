import { goQuote } from '../../manifest/go-text.ts'
import type { DataValue } from './data-map.ts'
import { list as goList } from './go-text.ts'
import type { GeneratorArgs } from './kustomization-fields.ts'
import { fail, prefixed } from './problem.ts'

/** Reads a file that a generator names. */
export type ReadBytes = (path: string) => Uint8Array

/** The entries that a generator's literals, files and env files give. A key that comes twice is a problem. */
export function readKeyValues(args: GeneratorArgs, read: ReadBytes): ReadonlyMap<string, DataValue> {
  const pairs = prefixed('loading KV pairs', () => [
    ...prefixed(`env source files: ${goList(args.envs ?? [])}`, () =>
      (args.envs ?? []).flatMap(path => envPairs(read(path))),
    ),
    ...prefixed(`literal sources ${goList(args.literals ?? [])}`, () => (args.literals ?? []).map(literalPair)),
    ...prefixed(`file sources: ${goList(args.files ?? [])}`, () =>
      (args.files ?? []).map(source => filePair(source, read)),
    ),
  ])
  const entries = new Map<string, DataValue>()
  for (const [key, value] of pairs) {
    if (entries.has(key))
      fail(`configmap ${args.name} illegally repeats the key \`${key}\``, { code: 'generator-key-repeated' })
    entries.set(key, value)
  }
  return entries
}

type Pair = readonly [string, DataValue]

function literalPair(source: string): Pair {
  const at = source.indexOf('=')
  if (at <= 0)
    fail(`invalid literal source ${source}, expected key=value`, { code: 'generator-literal', hint: 'write key=value' })
  return [source.slice(0, at), withoutQuotes(source.slice(at + 1))]
}

function withoutQuotes(text: string): string {
  const isQuoted = text.length >= 2 && text[0] === text.at(-1) && (text[0] === '"' || text[0] === "'")
  return isQuoted ? text.slice(1, -1) : text
}

function filePair(source: string, read: ReadBytes): Pair {
  const [key, path] = splitFileSource(source)
  const bytes = read(path)
  return [key, textOf(bytes) ?? bytes]
}

/** `key=path`, or a path whose last part is the key. */
export function splitFileSource(source: string): readonly [string, string] {
  const parts = source.split('=')
  if (parts.length === 1) return [source.replace(/\/+$/, '').split('/').at(-1) ?? source, source]
  const [key = '', path = ''] = parts
  if (parts.length > 2) fail(`source ${goQuote(source)} key name or file path contains '='`, { code: 'generator-file' })
  if (key === '')
    fail(`missing key name for file path ${goQuote(path)} in source ${goQuote(source)}`, { code: 'generator-file' })
  if (path === '')
    fail(`missing file path for key name ${goQuote(key)} in source ${goQuote(source)}`, { code: 'generator-file' })
  return [key, path]
}

function envPairs(bytes: Uint8Array): Pair[] {
  const text = textOf(bytes)
  if (text === undefined)
    return fail('line 0 has invalid utf8 bytes', { code: 'generator-env', hint: 'store env files as UTF-8' })
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  const pairs: Pair[] = []
  for (const [i, raw] of lines.entries()) {
    let line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
    if (i === 0 && line.startsWith('\ufeff')) line = line.slice(1)
    line = line.replace(/^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/, '')
    if (line === '' || line.startsWith('#')) continue
    const at = line.indexOf('=')
    const key = at < 0 ? line : line.slice(0, at)
    if (key !== '') pairs.push([key, at < 0 ? '' : line.slice(at + 1)])
  }
  return pairs
}

/** The text of bytes; undefined where they are not UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
