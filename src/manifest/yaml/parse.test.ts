import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatDiagnostic } from '../diagnostic.ts'
import type { YamlNode } from './node.ts'
import { nodeAt, positionOf } from './node-tools.ts'
import { parseYaml } from './parse.ts'

function parseOne(text: string): YamlNode {
  const { documents, diagnostics } = parseYaml(text, { file: 'a.yaml' })
  assert.deepEqual(diagnostics, [])
  assert.equal(documents.length, 1)
  return documents[0]!
}

function problems(text: string | Uint8Array): string[] {
  return parseYaml(text, { file: 'a.yaml' }).diagnostics.map(formatDiagnostic)
}

function goTexts(text: string): string[] {
  return parseYaml(text, { file: 'a.yaml' }).diagnostics.map(({ goText }) => goText)
}

test('every node knows its line and column; a surrogate pair is one column', () => {
  const document = parseOne('a:\n  - x\n  - {k: v, 😀: [1, 2]}\n')
  assert.deepEqual(positionOf(nodeAt(document, ['a', 1, '😀', 1])!), { file: 'a.yaml', line: 3, column: 19 })
  assert.deepEqual(positionOf(nodeAt(document, ['a', 0])!), { file: 'a.yaml', line: 2, column: 5 })
})

test('comments are attached above, behind and below nodes', () => {
  const document = parseOne(`# about the document

# above name
name: x # behind x
# below name

list:
  # above the item
  - 1
  # below the item
`)
  assert.equal(document.headComment, '# about the document')
  const [name, x, list, items] = document.content[0]!.content
  assert.equal(name!.headComment, '# above name')
  assert.equal(name!.footComment, '# below name')
  assert.equal(x!.lineComment, '# behind x')
  assert.equal(items!.content[0]!.headComment, '# above the item')
  assert.equal(items!.content[0]!.footComment, '# below the item')
  assert.equal(list!.footComment, '')
})

test('styles, tags, anchors and aliases are kept', () => {
  const document = parseOne(`a: &x 'single'
b: "dou\\u0062le"
c: |-
  literal
d: >
  fol
  ded
e: *x
f: !custom {g: 1}
`)
  const of = (key: string) => nodeAt(document, [key])!
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map(key => [of(key).style, of(key).value, of(key).tag]),
    [
      ['single', 'single', '!!str'],
      ['double', 'double', '!!str'],
      ['literal', 'literal', '!!str'],
      ['folded', 'fol ded\n', '!!str'],
    ],
  )
  assert.equal(of('a').anchor, 'x')
  assert.equal(document.content[0]!.content[9]!.target, of('a'))
  assert.deepEqual([of('f').tag, of('f').tagged, of('f').style], ['!custom', true, 'flow'])
})

test('what Go accepts beyond the specification is accepted', () => {
  assert.deepEqual(
    nodeAt(parseOne('[a, -, b]'), [])!.content.map(({ value }) => value),
    ['a', '-', 'b'],
  )
  assert.equal(nodeAt(parseOne('key: "wrapped\nand not indented"\n'), ['key'])!.value, 'wrapped and not indented')
  assert.equal(nodeAt(parseOne('key:\tvalue\n'), ['key'])!.value, 'value')
  assert.equal(nodeAt(parseOne('a:\r\n  b: c\r\n'), ['a', 'b'])!.value, 'c')
  assert.equal(nodeAt(parseOne('? x\n: y\n'), ['x'])!.value, 'y')
})

test('all errors of a file come at once, and the documents around them are read', () => {
  const text = `a: 1
---
b: c: d
---
e: 2
---
f: "open
---
g:
- 1
- h: 2
 i: 3
---
i: 4
`
  const { documents, diagnostics } = parseYaml(text, { file: 'a.yaml' })
  assert.deepEqual(diagnostics.map(formatDiagnostic), [
    'a.yaml:3:5: mapping values are not allowed in this context (quote the value if it contains ": ", or check the indentation of this line)',
    'a.yaml:7:4: found unexpected document indicator (close the quote that starts here)',
    'a.yaml:12:2: did not find expected key (check that this line is indented like the other keys of the same object)',
  ])
  assert.deepEqual(
    documents.map(document => document.content[0]!.content[0]!.value),
    ['a', 'e', 'i'],
  )
})

test('each error names the cause as yaml.v3 does', () => {
  const cases: readonly (readonly [text: string, goText: string])[] = [
    ['a: b: c', 'yaml: mapping values are not allowed in this context'],
    ['x: 1\na: b: c', 'yaml: line 2: mapping values are not allowed in this context'],
    ['a:\n\t- b', 'yaml: line 2: found character that cannot start any token'],
    ['a: @b', 'yaml: found character that cannot start any token'],
    ['a:\n  b: 1\n c: 2', 'yaml: line 2: did not find expected key'],
    ['a: [1, 2', "yaml: line 1: did not find expected ',' or ']'"],
    ['a: {b: 1', "yaml: line 1: did not find expected ',' or '}'"],
    ['x:\na: "b', 'yaml: line 2: found unexpected end of stream'],
    ['x:\nabc\n', "yaml: line 2: could not find expected ':'"],
    ['a: *b', "yaml: unknown anchor 'b' referenced"],
    ['x:\n  "\\q"', 'yaml: line 2: found unknown escape character'],
    ['%YAML 2.0\n---\na', 'yaml: found incompatible YAML document'],
    ['a: - b', 'yaml: block sequence entries are not allowed in this context'],
    ['x:\n  y\n  - z: 1\n', 'yaml: line 3: mapping values are not allowed in this context'],
    ['a: !x!y z', 'yaml: found undefined tag handle'],
    ['a: |x\n  b', 'yaml: did not find expected comment or line break'],
  ]
  for (const [text, goText] of cases) assert.deepEqual(goTexts(text), [goText], JSON.stringify(text))
})

test('encodings: marks are dropped, what is broken is reported with its place', () => {
  const document = nodeAt(parseOne('\ufeffa: 1\n'), ['a'])
  assert.equal(document!.value, '1')
  const utf16 = Buffer.from('\ufeffa: é\n', 'utf16le')
  assert.equal(nodeAt(parseYaml(utf16, { file: 'a.yaml' }).documents[0]!, ['a'])!.value, 'é')
  const control = 'control characters are not allowed (save the file as UTF-8 text without control characters)'
  assert.deepEqual(problems('a: 1\nb: x\u0007\n---\nc: 1\n'), [`a.yaml:2:5: ${control}`])
  assert.deepEqual(problems(Uint8Array.from([0x61, 0x3a, 0x20, 0xff, 0x0a])), [
    'a.yaml:1:4: invalid leading UTF-8 octet (save the file as UTF-8 text without control characters)',
  ])
})

test('budgets: bytes, nodes and depth are bounded', () => {
  const code = (text: string, budget: object) =>
    parseYaml(text, { file: 'a.yaml', budget }).diagnostics.map(diagnostic => diagnostic.code)
  assert.deepEqual(code('a: 1\n', { bytes: 3 }), ['yaml-budget'])
  assert.deepEqual(code('[1, 2, 3, 4]', { nodes: 4 }), ['yaml-budget'])
  assert.deepEqual(code('['.repeat(50), { depth: 20 }), ['yaml-budget'])
  assert.deepEqual(code('['.repeat(100_000), {}), ['yaml-budget'])
  assert.deepEqual(code('- '.repeat(100_000), {}), ['yaml-budget'])
})

test('empty texts and texts of comments have no documents; an explicit empty document is null', () => {
  assert.deepEqual(parseYaml('', { file: 'a.yaml' }).documents, [])
  assert.deepEqual(parseYaml('# only a comment\n', { file: 'a.yaml' }).documents, [])
  assert.deepEqual(
    parseYaml('---\n---\na: 1\n', { file: 'a.yaml' }).documents.map(({ content }) => content[0]!.tag),
    ['!!null', '!!map'],
  )
})

test('property: no text makes it throw, and every problem has a place in the text', () => {
  const piece = fc.constantFrom(
    ...['a', ': ', '- ', '\n', '  ', '"', "'", '|', '>', '{', '}', '[', ']', ',', '#', '&x ', '*x', '!t ', '? '],
    ...['\t', '\r', '\\', '%', '@', '---\n', '...\n', '<<', '1', '\u0000', 'é', '😀', '\u2028', '\ufeff'],
  )
  const text = fc.oneof(
    fc.array(piece, { maxLength: 60 }).map(parts => parts.join('')),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(text, input => {
      for (const { position } of parseYaml(input, { file: 'f' }).diagnostics) {
        assert.ok(position !== undefined && position.line >= 1 && position.column >= 1)
        assert.ok(position.line <= input.split(/\r\n|[\n\r\x85\u2028\u2029]/).length + 1)
      }
    }),
    { numRuns: 2000 },
  )
})

test('property: no bytes make it throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      parseYaml(bytes, { file: 'f' })
    }),
  )
})
