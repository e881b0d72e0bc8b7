import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseLabelSelector } from './label-selector.ts'

const labels = new Map([
  ['app', 'web'],
  ['tier', 'front'],
  ['size', '3'],
])
const matches = (selector: string): boolean => parseLabelSelector(selector).every(holds => holds(labels))

describe('parseLabelSelector', () => {
  it('knows every form that kubectl knows', () => {
    const yes = ['', 'app', 'app=web', 'app == web', 'app!=api', 'gone!=x', '!gone', 'app in (web, api)', 'size>2']
    const no = ['gone', 'app=api', 'app!=web', '!app', 'app notin (web)', 'app=web,tier=back', 'size<3', 'gone in (x)']
    for (const selector of yes) assert.ok(matches(selector), selector)
    for (const selector of no) assert.ok(!matches(selector), selector)
  })

  it('reads an empty value and an empty set as the empty string', () => {
    assert.ok(!matches('app='))
    assert.ok(!matches('app in ()'))
  })

  it('says what it does not understand', () => {
    assert.throws(() => parseLabelSelector('a=b c'), /found 'c', expected: ',' or 'end of string'/)
    assert.throws(() => parseLabelSelector('a in b'), /found 'b' expected: '\('/)
    assert.throws(() => parseLabelSelector(',a'), /expected: !, identifier/)
    assert.throws(() => parseLabelSelector('-a=b'), /invalid label key "-a"/)
  })
})
