import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseRepository } from './remote.ts'

const parsed = (text: string): string | undefined => {
  const spec = parseRepository(text)
  return spec === undefined ? undefined : [spec.cloneUrl, spec.path, spec.ref].join(' ')
}

describe('parseRepository', () => {
  it('splits repository, path and ref', () => {
    const cases: [string, string][] = [
      ['https://github.com/org/repo//base?ref=v1', 'https://github.com/org/repo base v1'],
      ['https://github.com/org/repo/deep/base?ref=v1', 'https://github.com/org/repo deep/base v1'],
      ['github.com/org/repo?ref=main', 'https://github.com/org/repo  main'],
      ['git@github.com:org/repo.git//base', 'git@github.com:org/repo.git base '],
      ['ssh://git@host.example/org/repo.git/base?version=2', 'ssh://git@host.example/org/repo.git base 2'],
      ['https://dev.azure.com/o/p/_git/repo//base', 'https://dev.azure.com/o/p/_git/repo /base '],
      ['https://host.example/org/repo', 'https://host.example/org/repo  '],
    ]
    for (const [text, expected] of cases)
      assert.equal(parsed(text)?.replace(' /', ' '), expected.replace(' /', ' '), text)
  })

  it('leaves paths alone', () => {
    for (const path of ['base', '../base', './a/b.yaml', '/abs', 'a.git/b', 'host.example/org/repo'])
      assert.equal(parsed(path), undefined, path)
  })

  it('refuses paths that leave the repository', () => {
    assert.equal(parsed('https://github.com/org/repo//../x'), undefined)
  })
})
