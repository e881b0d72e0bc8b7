import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeNode } from './decode.ts'
import { encodeYaml } from './encode.ts'
import type { NodeStyle, YamlNode } from './node.ts'
import { parseYaml } from './parse.ts'

const template = parseYaml('x', { file: '' }).documents[0]!.content[0]!

test('property: a text comes back from every style, alone, as a value, in a list and in flow', () => {
  const char = fc.constantFrom(...'ab1 :#-?,[]{}&*!|>\'"%@`\n\t\\~.=é\u00a0\u0085\ue000', '😀', '\ufeff')
  const text = fc.array(char, { maxLength: 12 }).map(parts => parts.join(''))
  const style = fc.constantFrom<NodeStyle>('plain', 'single', 'double', 'literal', 'folded')
  fc.assert(
    fc.property(text, style, fc.constantFrom<NodeStyle>('block', 'flow'), (value, scalarStyle, outerStyle) => {
      // yaml.v3 itself loses breaks next to blanks when it folds.
      if (scalarStyle === 'folded' && /[\n\x85]/.test(value)) return
      // libyaml takes a tab that begins a block for broken indentation.
      if (scalarStyle !== 'single' && scalarStyle !== 'double' && /^\s*\t/.test(value)) return
      // NEL is read as a line feed where it is not escaped.
      if (value.includes('\x85')) return
      const scalar: YamlNode = { ...template, value, style: scalarStyle, tag: '!!str' }
      const list: YamlNode = { ...template, kind: 'sequence', tag: '!!seq', style: outerStyle, content: [scalar] }
      const outer: YamlNode = { ...list, kind: 'mapping', tag: '!!map', content: [{ ...template, value: 'k' }, list] }
      for (const [node, expected] of [[scalar, value] as const, [outer, { k: [value] }] as const]) {
        const written = encodeYaml(node)
        const document = parseYaml(written, { file: 'f' }).documents[0]
        assert.ok(document !== undefined, JSON.stringify(written))
        assert.deepEqual(decodeNode(document, 'kustomize').value, expected, JSON.stringify(written))
      }
    }),
    { numRuns: 2000 },
  )
})
