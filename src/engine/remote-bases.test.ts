import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { kustomizeBuild } from '../render/kustomize/kustomize.ts'
import type { GitRequest, GitSource } from '../source/git/git-source.ts'
import { memoryTree } from '../source/memory-tree.ts'
import { remoteBases } from './remote-bases.ts'

const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n'

/** A remote that has its files at one ref only, and notes what it is asked for. */
function fakeGit(existing: GitRequest['ref']): { git: Pick<GitSource, 'fetch'>; asked: GitRequest[] } {
  const asked: GitRequest[] = []
  const tree = memoryTree({ 'base/kustomization.yaml': 'resources: [cm.yaml]\n', 'base/cm.yaml': configMap })
  const git = {
    async fetch(request: GitRequest) {
      asked.push(request)
      if (JSON.stringify(request.ref) === JSON.stringify(existing)) return { status: 'fetched', tree } as never
      return { status: 'failed', reason: 'GitOperationFailed', message: 'no such ref', hint: '' } as const
    },
  }
  return { git, asked }
}

const app = (base: string) => memoryTree({ 'kustomization.yaml': `resources:\n- ${base}\nnamePrefix: x-\n` })

describe('remote bases', () => {
  it('come from a tag, or else from a branch', async () => {
    const { git, asked } = fakeGit({ branch: 'stable' })
    const { yaml } = await kustomizeBuild(app('git@example.com:org/repo.git//base?ref=stable'), '', {
      fetcher: remoteBases({ git }),
    })
    assert.equal(yaml, 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x-settings\n')
    assert.deepEqual(
      asked.map(({ url, ref }) => ({ url, ref })),
      [
        { url: 'ssh://git@example.com/org/repo.git', ref: { tag: 'stable' } },
        { url: 'ssh://git@example.com/org/repo.git', ref: { branch: 'stable' } },
      ],
    )
  })

  it('come from a commit, or from the default branch where there is no ref', async () => {
    const commit = 'c710d754ebf8840675540541cc6edfc8719096d2'
    for (const [query, ref] of [
      [`?ref=${commit}`, { commit }],
      ['', { name: 'HEAD' }],
    ] as const) {
      const { git } = fakeGit(ref)
      const { diagnostics } = await kustomizeBuild(app(`https://example.com/org/repo.git//base${query}`), '', {
        fetcher: remoteBases({ git }),
      })
      assert.deepEqual(diagnostics, [])
    }
  })

  it('are refused from hosts that are not on the list', async () => {
    const { git, asked } = fakeGit({ name: 'HEAD' })
    const fetcher = remoteBases({ git, hosts: ['git.example.com'] })
    const { errorText } = await kustomizeBuild(app('https://example.com/org/repo.git//base'), '', { fetcher })
    assert.match(
      errorText ?? '',
      /the host 'example\.com' is not allowed; allowed by --remote-hosts: git\.example\.com/,
    )
    assert.deepEqual(asked, [])
    await kustomizeBuild(app('https://git.example.com/org/repo.git//base'), '', { fetcher })
    assert.deepEqual(
      asked.map(({ hosts }) => hosts),
      [['git.example.com']],
    )
    await assert.rejects(fetcher.file('https://example.com/cm.yaml'), /the host 'example\.com' is not allowed/)
    await assert.rejects(fetcher.file('http://git.example.com/cm.yaml'), /is no https address/)
  })
})
