import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readKeyValues } from './key-values.ts'
import type { GeneratorArgs } from './kustomization-fields.ts'

const args = (fields: Partial<GeneratorArgs>): GeneratorArgs => ({
  namespace: '',
  name: 'settings',
  behavior: '',
  literals: undefined,
  files: undefined,
  envs: undefined,
  env: '',
  options: undefined,
  ...fields,
})
const read = (files: Record<string, string>) => (path: string) => Buffer.from(files[path] ?? '')

describe('readKeyValues', () => {
  it('reads env files, literals and files, in this order', () => {
    const entries = readKeyValues(
      args({ envs: ['x.env'], literals: ['a=b=c', "q='text'"], files: ['dir/f.txt', 'named=g.txt'] }),
      read({ 'x.env': '\ufeff# comment\n\n  A=1\r\nB\nC= two words \n', 'dir/f.txt': 'one\n', 'g.txt': '' }),
    )
    assert.deepEqual(
      [...entries],
      [
        ['A', '1'],
        ['B', ''],
        ['C', ' two words '],
        ['a', 'b=c'],
        ['q', 'text'],
        ['f.txt', 'one\n'],
        ['named', ''],
      ],
    )
  })

  it('keeps the bytes of files that are no text', () => {
    const bytes = new Uint8Array([0xff, 0x00])
    assert.deepEqual(readKeyValues(args({ files: ['b'] }), () => bytes).get('b'), bytes)
  })

  it('refuses repeated keys and broken sources', () => {
    const fails = (fields: Partial<GeneratorArgs>, message: RegExp): void => {
      assert.throws(() => readKeyValues(args(fields), read({})), { message })
    }
    fails({ literals: ['a=1', 'a=2'] }, /configmap settings illegally repeats the key `a`/)
    fails({ literals: ['a'] }, /loading KV pairs: literal sources \[a\]: invalid literal source a, expected key=value/)
    fails({ files: ['a=b=c'] }, /key name or file path contains '='/)
    fails({ files: ['=b'] }, /missing key name for file path "b"/)
  })
})
