import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shortRevision } from './revision.ts'
import { formatTable } from './table.ts'

test('columns are padded and closed with tabs', () => {
  assert.equal(formatTable(['NAME', 'READY'], [['storefront', 'True']]), 'NAME      \tREADY \nstorefront\tTrue \t\n')
})

test('further lines of a cell go on in rows of their own', () => {
  assert.equal(
    formatTable(undefined, [
      ['a', 'one\ntwo'],
      ['b', 'three'],
    ]),
    'a\tone  \t\n \ttwo  \t\nb\tthree\t\n',
  )
})

test('a single row without a header is not padded', () => {
  assert.equal(formatTable(undefined, [['a', 'main@sha1:f08c0610', 'True']]), 'a\tmain@sha1:f08c0610\tTrue\t\n')
})

test('digests are shortened wherever they stand', () => {
  assert.equal(
    shortRevision('Applied revision: main@sha1:f08c06101df6c4c1ee4fb2fd8de8bb8305b20f02'),
    'Applied revision: main@sha1:f08c0610',
  )
})
