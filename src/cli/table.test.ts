import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shortRevision } from './revision.ts'
import { formatTable } from './table.ts'

test('columns are padded and closed with tabs', () => {
  assert.equal(formatTable(['NAME', 'READY'], [['storefront', 'True']]), 'NAME      \tREADY\t\nstorefront\tTrue \t\n')
})

test('without a header nothing is padded', () => {
  assert.equal(formatTable(undefined, [['a', 'main@sha1:f08c0610', 'True']]), 'a\tmain@sha1:f08c0610\tTrue\t\n')
})

test('digests are shortened wherever they stand', () => {
  assert.equal(
    shortRevision('Applied revision: main@sha1:f08c06101df6c4c1ee4fb2fd8de8bb8305b20f02'),
    'Applied revision: main@sha1:f08c0610',
  )
})
