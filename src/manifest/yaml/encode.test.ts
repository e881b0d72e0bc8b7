import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeYaml } from './encode.ts'
import type { YamlNode } from './node.ts'
import { cloneNode, nodeAt } from './node-tools.ts'
import { parseYaml } from './parse.ts'

function parseOne(text: string): YamlNode {
  const { documents, diagnostics } = parseYaml(text, { file: 'a.yaml' })
  assert.deepEqual(diagnostics, [])
  return documents[0]!
}

function scalar(value: string, style: YamlNode['style'] = 'plain', tag = '!!str'): YamlNode {
  return { ...parseOne('x').content[0]!, value, style, tag }
}

test('a manifest with comments everywhere is printed as it stands', () => {
  const text = `# license

# about the kind
apiVersion: v1 # version
kind: ConfigMap
metadata:
  # the name
  name: a
  labels: {app: a, "tier": 'web'} # behind flow
# between

data:
  # first
  one: "1"
  two: |
    # no comment
    line
  # after two
# at the end
`
  assert.equal(encodeYaml(parseOne(text)), text)
})

test('sequences stand in the column of their key, or deeper when asked', () => {
  const node = parseOne('a:\n    - b: 1\n      c:\n      - - 2\n        - 3\n    - d\n')
  assert.equal(encodeYaml(node), 'a:\n- b: 1\n  c:\n  - - 2\n    - 3\n- d\n')
  assert.equal(encodeYaml(node, { sequences: 'wide' }), 'a:\n  - b: 1\n    c:\n      - - 2\n        - 3\n  - d\n')
})

test('strings that would be read as something else are quoted', () => {
  const plain = ['a', 'a b', 'yes', 'y', 'a:b', 'a#b', '-x', '<<', '12:30', 'é', '.x', '0x']
  for (const value of plain) assert.equal(encodeYaml(scalar(value)), `${value}\n`)
  const double = ['1', '010', '1e3', 'true', 'null', '~', '', '2001-12-14', '.inf', '0o17']
  for (const value of double) assert.equal(encodeYaml(scalar(value)), `"${value}"\n`)
  const single = [
    'a: b',
    'a #b',
    '- x',
    '-',
    '? x',
    '@x',
    '`x',
    '&a',
    '*a',
    '!x',
    '%x',
    '{a',
    '[a',
    ' a',
    'a ',
    'a:',
    '---',
  ]
  for (const value of single) assert.equal(encodeYaml(scalar(value)), `'${value}'\n`)
  const escaped: readonly (readonly [value: string, text: string])[] = [
    ['a\tb', '"a\\tb"'],
    ['😀', '"\\U0001F600"'],
    ['\u0007\u0001', '"\\a\\x01"'],
    ['a \nb', '"a \\nb"'],
    ['\ufeffa', '"\\uFEFF\\x61"'],
  ]
  for (const [value, text] of escaped) assert.equal(encodeYaml(scalar(value)), `${text}\n`)
})

test('numbers, booleans and null are not quoted under their own tag, and tagged under another', () => {
  assert.equal(encodeYaml(scalar('1', 'plain', '!!int')), '1\n')
  assert.equal(encodeYaml(scalar('', 'plain', '!!null')), '\n')
  assert.equal(encodeYaml(scalar('x', 'plain', '!!int')), '!!int x\n')
  assert.equal(encodeYaml(scalar('<<', 'plain', '!!merge')), '!!merge <<\n')
})

test('text of several lines becomes a literal block with the indicators it needs', () => {
  const cases: readonly (readonly [value: string, text: string])[] = [
    ['a\nb', '|-\n  a\n  b\n'],
    ['a\n', '|\n  a\n'],
    ['a\n\n', '|+\n  a\n\n'],
    [' a\nb\n', '|2\n   a\n  b\n'],
    ['\na\n', '|2\n\n  a\n'],
    ['a\tb\nc', '|-\n  a\tb\n  c\n'],
  ]
  for (const [value, text] of cases) {
    assert.equal(encodeYaml(scalar(value)), text)
    assert.equal(parseOne(text).content[0]!.value, value)
  }
})

test('long keys, keys of several lines and collections as keys begin with a question mark', () => {
  const long = 'k'.repeat(129)
  assert.equal(encodeYaml(parseOne(`? ${long}\n: v\n`)), `? ${long}\n: v\n`)
  assert.equal(encodeYaml(parseOne('"a\\nb": c\n')), '? "a\\nb"\n: c\n')
  assert.equal(encodeYaml(parseOne('? [a, b]\n: c\n{}: d\n')), '? [a, b]\n: c\n{}: d\n')
})

test('anchors, aliases and tags are written again', () => {
  const text = 'a: &x\n  b: !custom 1\nc: *x\nd:\n  !!merge <<: *x\ne: !!binary aGk=\n'
  assert.equal(encodeYaml(parseOne(text.replace('!!merge ', ''))), text)
})

test('a copy is independent, and its aliases point into the copy', () => {
  const node = parseOne('a: &x [1]\nb: *x\n')
  const copy = cloneNode(node)
  nodeAt(copy, ['b'])!.content[0]!.value = '2'
  assert.equal(encodeYaml(copy), 'a: &x [2]\nb: *x\n')
  assert.equal(encodeYaml(node), 'a: &x [1]\nb: *x\n')
})

const lines = fc.constantFrom(
  ...[
    '# c',
    'k: v',
    'k:',
    '- i',
    '- k: v',
    '-',
    'k: |',
    'k: "q"',
    'k: {a: 1, b: [x]}',
    'k: v # l',
    '',
    '? k',
    'k: &a 1',
  ],
)
const documentText = fc
  .array(fc.tuple(fc.nat({ max: 3 }), lines), { minLength: 1, maxLength: 15 })
  .map(parts => parts.map(([depth, line]) => `${'  '.repeat(depth)}${line}\n`).join(''))

test('property: what is written is read back as the same text', () => {
  fc.assert(
    fc.property(documentText, input => {
      const { documents, diagnostics } = parseYaml(input, { file: 'f' })
      if (diagnostics.length > 0) return
      for (const document of documents) {
        const once = strip(parseOneOrNull(encodeYaml(document)))
        assert.deepEqual(once, strip(document), input)
      }
    }),
    { numRuns: 1000 },
  )
})

function parseOneOrNull(text: string): YamlNode | undefined {
  return parseYaml(text, { file: 'f' }).documents[0]
}

/** What a node means: kinds and texts without places and comments, which may move when a text is written again. */
function strip(node: YamlNode | undefined): unknown {
  if (node === undefined || (node.kind === 'document' && node.content[0]?.tag === '!!null')) return null
  return [node.kind, node.tag, node.value, node.anchor, node.content.map(strip)]
}
