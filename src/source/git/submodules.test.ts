import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseModules, submoduleUrl } from './submodules.ts'

test('.gitmodules gives an address for each path', () => {
  const text = `
[submodule "a"]
	path = vendor/a
	url = https://example.test/a.git
[submodule "b"]
	url = "../b.git"
	path = vendor/b
	branch = main
[submodule "incomplete"]
	path = vendor/c
`
  assert.deepEqual(
    [...parseModules(text)],
    [
      ['vendor/a', 'https://example.test/a.git'],
      ['vendor/b', '../b.git'],
    ],
  )
})

test('relative addresses start at the parent, short ones are SSH', () => {
  const parent = 'https://example.test/team/repo.git'
  assert.equal(submoduleUrl(parent, '../lib.git'), 'https://example.test/team/lib.git')
  assert.equal(submoduleUrl(parent, './sub.git'), `${parent}/sub.git`)
  assert.equal(submoduleUrl(parent, '../../other/x.git'), 'https://example.test/other/x.git')
  assert.equal(submoduleUrl(parent, 'git@host.test:team/x.git'), 'ssh://git@host.test/team/x.git')
  assert.equal(submoduleUrl(parent, 'https://elsewhere.test/x'), 'https://elsewhere.test/x')
  assert.throws(() => submoduleUrl(parent, '../../../../x'), /leaves the host/)
})
