import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatSelector, matchesLabels, parseSelector, type Selector, selectorOf } from './selector.ts'

const parse = (text: string): Selector => {
  const parsed = parseSelector(text)
  assert.equal(parsed.error, undefined)
  return parsed.value ?? []
}

test('every operator of the string form', () => {
  const labels = { app: 'web', tier: 'front', size: '7' }
  const cases: readonly [string, boolean][] = [
    ['', true],
    ['app=web', true],
    ['app==web', true],
    ['app = api', false],
    ['app!=api', true],
    ['none!=x', true],
    ['none notin (x)', true],
    ['app in (api, web),tier', true],
    ['app notin (api,web)', false],
    ['!app', false],
    ['! none', true],
    ['size>6,size<8', true],
    ['size>7', false],
    ['app>1', false],
    ['none=', false],
    ['none in ()', false],
    ['in in (in)', false],
  ]
  for (const [text, expected] of cases) assert.equal(matchesLabels(parse(text), labels), expected, text)
})

test('empty values in sets', () => {
  for (const text of ['a in ()', 'a in (,)', 'a in (,,)']) assert.deepEqual(parse(text)[0]?.values, [''], text)
  assert.deepEqual(parse('a in (x,,y)')[0]?.values, ['', 'x', 'y'])
})

test('format sorts by key and by value', () => {
  assert.equal(formatSelector(parse('z, b in (y,x,y), !c, a==1, n>3')), 'a==1,b in (x,y),!c,n>3,z')
})

test('errors are the ones of the API server', () => {
  const name =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
    "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
  const value =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end " +
    "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
  const cases: Readonly<Record<string, string>> = {
    '=a': "found '=', expected: !, identifier, or 'end of string'",
    'a,': "found '', expected: identifier after ','",
    'a b': "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
    'a in x': "unable to parse requirement: found 'x' expected: '('",
    'a in (x': "unable to parse requirement: found '', expected: ',' or ')'",
    'a=b c': "found 'c', expected: ',' or 'end of string'",
    'a=(': "unable to parse requirement: found '(', expected: identifier",
    'a>x': `unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`,
    '-a': `unable to parse requirement: <nil>: Invalid value: "-a": name part ${name}`,
    'a=-b': `unable to parse requirement: values[0][a]: Invalid value: "-b": ${value}`,
  }
  for (const [text, error] of Object.entries(cases)) assert.equal(parseSelector(text).error, error)
})

test('the object form', () => {
  const selector = selectorOf({
    matchLabels: { app: 'web' },
    matchExpressions: [
      { key: 'tier', operator: 'In', values: ['front', 'back'] },
      { key: 'gone', operator: 'DoesNotExist' },
      { key: 'zone', operator: 'Exists' },
      { key: 'old', operator: 'NotIn', values: ['yes'] },
    ],
  })
  assert.equal(formatSelector(selector.value ?? []), 'app=web,!gone,old notin (yes),tier in (back,front),zone')
  assert.deepEqual(selectorOf({}), { value: [] })
  assert.equal(
    selectorOf({ matchExpressions: [{ key: 'a', operator: 'in', values: ['x'] }] }).error,
    '"in" is not a valid label selector operator',
  )
  assert.equal(
    selectorOf({ matchExpressions: [{ key: 'a', operator: 'In' }] }).error,
    "values: Invalid value: []string{}: for 'in', 'notin' operators, values set can't be empty",
  )
})

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,3}$/)
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(model, { noNullPrototype: true })
const requirement = fc.oneof(
  record({ key: word, operator: fc.constantFrom('=', '==', '!='), values: fc.tuple(word) }),
  record({
    key: word,
    operator: fc.constantFrom('in', 'notin'),
    values: fc.uniqueArray(word, { minLength: 1 }).map(words => words.sort()),
  }),
  record({ key: word, operator: fc.constantFrom('exists', '!'), values: fc.constant([]) }),
  record({ key: word, operator: fc.constantFrom('gt', 'lt'), values: fc.tuple(fc.integer({ min: 0 }).map(String)) }),
)

test('what is formatted reads back', () => {
  fc.assert(
    fc.property(fc.uniqueArray(requirement, { selector: one => one.key }), requirements => {
      const selector = (requirements as Selector).toSorted((a, b) => (a.key < b.key ? -1 : 1))
      assert.deepEqual(parseSelector(formatSelector(selector)), { value: selector })
    }),
  )
})

test('any text is read or refused, never thrown', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[ab!=(),<> in-]*$/)), text => {
      const parsed = parseSelector(text)
      if (parsed.value !== undefined) assert.deepEqual(parseSelector(formatSelector(parsed.value)), parsed)
      else assert.notEqual(parsed.error, '')
    }),
  )
})
