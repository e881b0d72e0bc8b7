import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import yaml from 'js-yaml'
import { canonicalJson } from '../canonical.ts'
import { formatDiagnostic } from '../diagnostic.ts'
import type { JsonValue } from '../json.ts'
import { type DecodeOptions, decodeNode, goErrorText } from './decode.ts'
import { parseYaml } from './parse.ts'
import type { Dialect } from './resolve.ts'
import { toYaml } from './to-yaml.ts'

function decode(text: string, dialect: Dialect, options: DecodeOptions = {}) {
  const { documents, diagnostics } = parseYaml(text, { file: 'a.yaml' })
  assert.deepEqual(diagnostics, [])
  return decodeNode(documents[0]!, dialect, options)
}

function read(text: string, dialect: Dialect): JsonValue {
  const { value, diagnostics } = decode(text, dialect)
  assert.deepEqual(diagnostics, [], text)
  return value!
}

test('words: kubectl reads YAML 1.1 booleans, kustomize only true and false', () => {
  for (const word of ['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON']) {
    assert.equal(read(word, 'kubectl'), true, word)
    assert.equal(read(word, 'kustomize'), word)
  }
  for (const word of ['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF']) {
    assert.equal(read(word, 'kubectl'), false, word)
    assert.equal(read(word, 'kustomize'), word)
  }
  for (const dialect of ['kubectl', 'kustomize'] as const) {
    assert.deepEqual(read('[true, True, TRUE, false, ~, null, Null, NULL]', dialect), [
      ...[true, true, true, false],
      ...[null, null, null, null],
    ])
    assert.deepEqual(read('[yEs, tRUE, nULL, "yes", \'true\', "null"]', dialect), [
      ...['yEs', 'tRUE', 'nULL', 'yes', 'true', 'null'],
    ])
  }
})

test('numbers are read as Go reads them, integers of 64 bits exactly', () => {
  const numbers: readonly (readonly [text: string, value: JsonValue])[] = [
    ['010', 8],
    ['0777', 511],
    ['0o777', 511],
    ['08', 8],
    ['0x1F', 31],
    ['0b101', 5],
    ['-0x10', -16],
    ['+1', 1],
    ['1_000', 1000],
    ['1e3', 1000],
    ['.5', 0.5],
    ['1.', 1],
    ['9007199254740993', 9007199254740993n],
    ['9223372036854775807', 9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
    ['9223372036854775808', 2 ** 63],
    ['1e400', '1e400'],
    ['0xg', '0xg'],
    ['12:30:45', '12:30:45'],
    ['1.2.3', '1.2.3'],
    ['10.0.0.0/8', '10.0.0.0/8'],
  ]
  for (const dialect of ['kubectl', 'kustomize'] as const) {
    for (const [text, value] of numbers) assert.equal(read(text, dialect), value, text)
  }
})

test('timestamps stay text for kubectl; kustomize writes them in full', () => {
  assert.equal(read('2001-12-14', 'kubectl'), '2001-12-14')
  assert.equal(read('2001-12-14', 'kustomize'), '2001-12-14T00:00:00Z')
  assert.equal(read('2001-12-14t21:59:43.10-05:00', 'kustomize'), '2001-12-14T21:59:43.1-05:00')
  assert.equal(read('2001-2-30', 'kustomize'), '2001-2-30')
})

test('tags: the text must fit a known one, an unknown one means text', () => {
  assert.deepEqual(read('[!!str 1, !!float 1, !!int "5", !foo bar, !!binary aGk=]', 'kubectl'), [
    ...['1', 1, 5, 'bar', 'hi'],
  ])
  assert.deepEqual(decode('a: !!int x', 'kubectl').diagnostics.map(formatDiagnostic), [
    'a.yaml:1:4: cannot decode !!str `x` as a !!int (remove the tag, or write a value that fits it)',
  ])
})

test('keys: kubectl turns scalars into strings, kustomize wants strings', () => {
  assert.deepEqual(read('{1: a, y: b, 1.5: c, 0x10: d}', 'kubectl'), { 1: 'a', true: 'b', 1.5: 'c', 16: 'd' })
  assert.equal(decode('a: {1: b}', 'kustomize').value, undefined)
  assert.equal(decode('? [a]\n: b', 'kubectl').value, undefined)
  assert.deepEqual(
    read('__proto__: {a: 1}\nconstructor: 2', 'kubectl'),
    JSON.parse('{"__proto__":{"a":1},"constructor":2}'),
  )
})

test('a key twice: the last wins for kubectl, with a warning or strictly an error; kustomize refuses', () => {
  const text = 'a: 1\nb: 2\na: 3\n'
  const lenient = decode(text, 'kubectl')
  assert.deepEqual(lenient.value, { a: 3, b: 2 })
  assert.deepEqual(
    lenient.diagnostics.map(({ severity }) => severity),
    ['warning'],
  )
  const strict = decode(text, 'kubectl', { strict: true })
  assert.equal(strict.value, undefined)
  assert.equal(goErrorText(strict.diagnostics), 'yaml: unmarshal errors:\n  line 3: key "a" already set in map')
  const kustomize = decode('x:\n  a: 1\n  a: 2\n  b: 1\n  b: 2\n', 'kustomize')
  assert.equal(
    goErrorText(kustomize.diagnostics),
    'yaml: unmarshal errors:\n  line 3: mapping key "a" already defined at line 2\n' +
      '  line 5: mapping key "b" already defined at line 4',
  )
})

test('every pair of equal keys is named, in the order of the first of them', () => {
  assert.equal(
    goErrorText(decode('a: 1\nb: 1\nb: 2\na: 2\na: 3\n', 'kustomize').diagnostics),
    `yaml: unmarshal errors:
  line 4: mapping key "a" already defined at line 1
  line 5: mapping key "a" already defined at line 1
  line 3: mapping key "b" already defined at line 2
  line 5: mapping key "a" already defined at line 4`,
  )
})

test('merge keys: own keys win for kustomize, the later wins for kubectl', () => {
  const text = 'base: &b {x: 1, z: 2}\na:\n  x: 3\n  <<: *b\n'
  assert.deepEqual(read(text, 'kustomize'), { base: { x: 1, z: 2 }, a: { x: 3, z: 2 } })
  assert.deepEqual(decode(text, 'kubectl').value, { base: { x: 1, z: 2 }, a: { x: 1, z: 2 } })
  for (const dialect of ['kubectl', 'kustomize'] as const) {
    assert.deepEqual(read('<<: [{x: 1}, {x: 2, w: 2}]\nz: 3\n', dialect), { x: 1, w: 2, z: 3 })
    assert.equal(decode('<<: 1\n', dialect).value, undefined)
  }
})

test('numbers that JSON does not have are errors', () => {
  for (const text of ['.inf', '-.inf', '.nan']) assert.equal(decode(text, 'kubectl').value, undefined)
})

test('an alias bomb and an anchor that contains itself are refused', () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
  for (let i = 1; i < 9; i++)
    lines.push(
      `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    )
  const bomb = decode(lines.join('\n'), 'kubectl')
  assert.equal(bomb.value, undefined)
  assert.deepEqual(
    bomb.diagnostics.map(({ goText }) => goText),
    ['yaml: document contains excessive aliasing'],
  )
  const loop = decode('a: &x\n  b: *x\n', 'kustomize')
  assert.deepEqual(
    loop.diagnostics.map(({ goText }) => goText),
    ["yaml: anchor 'x' value contains itself"],
  )
})

const key = fc.oneof(
  fc.string(),
  fc.constantFrom('y', 'on', '1', 'null', '<<', '-', '? a', 'a: b', '2001-12-14', '__proto__'),
)
const text = fc.oneof(
  fc.string({ unit: 'binary' }).filter(value => value.isWellFormed()),
  fc.constantFrom(
    'yes',
    'n',
    '012',
    '0x1f',
    '1:30',
    '~',
    '.inf',
    'a\n',
    '\n\na\n\n',
    ' a\nb',
    'a\tb\nc',
    '- x',
    '"',
    "'",
    '#',
  ),
)
const json: fc.Memo<JsonValue> = fc.memo(depth => {
  const leaf = fc.oneof(
    text,
    fc.integer(),
    fc
      .bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n })
      .map(n => (n > -(2n ** 53n) && n < 2n ** 53n ? Number(n) : n)),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(n => (n === 0 ? 0 : n)),
    fc.boolean(),
    fc.constant(null),
  )
  if (depth <= 1) return leaf
  return fc.oneof(leaf, fc.array(json(), { maxLength: 4 }), fc.dictionary(key, json(), { maxKeys: 4 }))
})

test('property: what toYaml writes reads back equal in both dialects', () => {
  fc.assert(
    fc.property(json(4), fc.constantFrom('sorted', 'kept'), (value, order) => {
      const yamlText = toYaml(value, { order: order as 'sorted' | 'kept' })
      for (const dialect of ['kubectl', 'kustomize'] as const) {
        assert.equal(canonicalJson(read(yamlText, dialect)), canonicalJson(value), yamlText)
      }
    }),
    { numRuns: 500 },
  )
})

test('property: what js-yaml writes reads the same here', () => {
  const word = fc.stringMatching(/^[A-Za-z][A-Za-z :#'"{},&*!|>%@\n-]*$/)
  const plain = fc.object({ key: word, values: [word, fc.integer(), fc.boolean(), fc.constant(null)] })
  fc.assert(
    fc.property(plain, value => {
      const written = yaml.dump(value)
      assert.equal(canonicalJson(read(written, 'kubectl')), canonicalJson(value as JsonValue), written)
    }),
    { numRuns: 300 },
  )
})
