import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GitRepository } from '../../api/git-repository.ts'
import type { Kustomization } from '../../api/kustomization.ts'
import { describeSource } from './describe-source.ts'

const kustomization = {
  metadata: { name: 'app', namespace: 'shop' },
  spec: { path: './apps', sourceRef: { kind: 'GitRepository', name: 'fleet' } },
} as unknown as Kustomization

function describe(spec: Partial<GitRepository['spec']> | undefined): string {
  return describeSource(kustomization, { get: () => spec && ({ spec } as unknown as GitRepository) })
}

test('repository, path and what is followed, without credentials', () => {
  const url = 'https://user:secret@git.example/fleet.git'
  assert.equal(describe({ url, ref: { branch: 'main' } }), 'https://git.example/fleet.git, path ./apps, branch main')
  assert.equal(describe({ url: 'ssh://git@git.example/fleet' }), 'ssh://git.example/fleet, path ./apps, branch master')
  assert.equal(
    describe({ url, ref: { tag: 'v1', branch: 'main' } }),
    'https://git.example/fleet.git, path ./apps, tag v1',
  )
  assert.equal(describe({ url, ref: { semver: '>=1' } }), 'https://git.example/fleet.git, path ./apps, tags >=1')
  assert.equal(describe(undefined), 'GitRepository shop/fleet, path ./apps')
})
