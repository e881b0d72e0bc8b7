import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareVersions, parseFullVersion, parseVersion, parseVersionRange } from './version-range.ts'

function matches(range: string, version: string): boolean {
  const parsed = parseVersionRange(range)
  assert.ok(parsed, `${range} is a range`)
  return parsed.matches(parseVersion(version)!)
}

const table: readonly (readonly [range: string, inside: string, outside: string])[] = [
  ['1.2.3', '1.2.3 v1.2.3 1.2.3+build', '1.2.4 1.2.3-rc.1'],
  ['1.2', '1.2.0 1.2.9', '1.3.0 2.2.0'],
  ['1', '1.0.0 1.9.9', '0.9.0 2.0.0'],
  ['*', '0.0.1 9.9.9', '1.0.0-alpha'],
  ['1.x', '1.0.0 1.9.9', '2.0.0'],
  ['1.2.X', '1.2.0 1.2.7', '1.3.0'],
  ['>=1.2.0 <2.0.0', '1.2.0 1.9.9', '2.0.0 1.1.9 1.5.0-rc.1'],
  ['>= 1.2.0, < 2', '1.2.0 1.9.9', '2.0.0'],
  ['=>1.2 =<1.4', '1.2.0 1.4.9', '1.5.0'],
  ['>1.2', '1.3.0', '1.2.9 1.2.0'],
  ['!=1.2.x', '1.3.0', '1.2.0 1.2.5'],
  ['<1.x', '0.9.9', '1.0.0'],
  ['>=1.0.0-0 <2.0.0', '1.5.0-rc.1 1.9.9', '2.0.0'],
  ['~1.2.3', '1.2.3 1.2.9', '1.3.0 1.2.2'],
  ['~>1.2', '1.2.0 1.2.9', '1.3.0'],
  ['~1', '1.0.0 1.9.0', '2.0.0'],
  ['^1.2.3', '1.2.3 1.9.0', '2.0.0 1.2.2'],
  ['^0.2.3', '0.2.3 0.2.9', '0.3.0'],
  ['^0.0.3', '0.0.3', '0.0.4'],
  ['^0.0', '0.0.1 0.0.9', '0.1.0'],
  ['^0', '0.1.0 0.9.9', '1.0.0'],
  ['1.2 - 1.4.5', '1.2.0 1.4.5', '1.4.6 1.1.0'],
  ['<1.0.0 || >=2.0.0', '0.1.0 2.0.0', '1.0.0'],
  ['>=1.0.0-0', '1.0.0-alpha 1.0.0 2.3.0-rc.1', '0.9.9'],
  ['^1.2.0-beta.2', '1.2.0-beta.3 1.3.0-alpha 1.2.0', '1.2.0-beta.1 2.0.0'],
]

for (const [range, inside, outside] of table)
  test(`${range} takes ${inside}, not ${outside}`, () => {
    for (const version of inside.split(' ')) assert.ok(matches(range, version), version)
    for (const version of outside.split(' ')) assert.ok(!matches(range, version), version)
  })

test('what is no range is said to be none', () => {
  for (const text of ['', ' ', 'foo', '>', '1.2.3.4', '>=1.0 ||', '1.2.3foo!', '>>1', '=>', '==1', '1.0,', '>1 !2 -']) {
    assert.equal(parseVersionRange(text), undefined, text)
  }
})

test('versions are ordered as semver says', () => {
  const ordered =
    '1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 1.0.1 1.10.0'
  const versions = ordered.split(' ').map(text => parseVersion(text)!)
  assert.deepEqual(
    versions
      .toReversed()
      .toSorted(compareVersions)
      .map(version => version.text),
    ordered.split(' '),
  )
})

test('a tag is a version only with all three numbers', () => {
  assert.equal(parseFullVersion('v1.2'), undefined)
  assert.equal(parseFullVersion('v1.2.3-rc.1+b')?.prerelease, 'rc.1')
})

test('order is total, and reading never throws', () => {
  const version = fc
    .stringMatching(/^v?\d{1,2}\.\d{1,2}\.\d{1,2}(-[0-9a-z]{1,3}(\.[0-9a-z]{1,3})?)?$/)
    .filter(text => parseVersion(text) !== undefined)
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      const [x, y, z] = [parseVersion(a)!, parseVersion(b)!, parseVersion(c)!]
      assert.equal(Math.sign(compareVersions(x, y)), -Math.sign(compareVersions(y, x)) || 0)
      if (compareVersions(x, y) <= 0 && compareVersions(y, z) <= 0) assert.ok(compareVersions(x, z) <= 0)
    }),
  )
  fc.assert(fc.property(fc.string(), text => void parseVersionRange(text)))
})
