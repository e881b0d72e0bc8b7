import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseCommit, parseTag, shortMessage } from './commit.ts'

const object = `tree 1673f4226b68c3c29e8d038052698fd10706eb7e
parent ${'a'.repeat(40)}
parent ${'b'.repeat(40)}
author Zoë Müller <zoe@example.test> 1767225600 +0130
committer GitHub <noreply@github.com> 1767225600 -0800
gpgsig -----BEGIN PGP SIGNATURE-----
 
 iHUEABYKAB0=
 -----END PGP SIGNATURE-----
encoding UTF-8

Subject line

Body with ünïcode.
`

test('a commit is read with people, times in their zones, and what was signed', () => {
  const commit = parseCommit('c'.repeat(40), Buffer.from(object))
  assert.equal(commit.tree, '1673f4226b68c3c29e8d038052698fd10706eb7e')
  assert.deepEqual(commit.parents, ['a'.repeat(40), 'b'.repeat(40)])
  assert.deepEqual(commit.author, { name: 'Zoë Müller', email: 'zoe@example.test', when: '2026-01-01T01:30:00+01:30' })
  assert.equal(commit.committer.when, '2025-12-31T16:00:00-08:00')
  assert.equal(commit.message, 'Subject line\n\nBody with ünïcode.\n')
  assert.equal(commit.signature, '-----BEGIN PGP SIGNATURE-----\n\niHUEABYKAB0=\n-----END PGP SIGNATURE-----\n')
  assert.equal(Buffer.from(commit.payload).toString(), object.replace(/gpgsig[\s\S]*?END PGP SIGNATURE-----\n/, ''))
})

test('the signature of a tag is the block at its end', () => {
  const text = `object ${'a'.repeat(40)}\ntype commit\ntag v1\ntagger A <a@b> 0 +0000\n\nrelease\n`
  const block = '-----BEGIN SSH SIGNATURE-----\nU1NI\n-----END SSH SIGNATURE-----\n'
  const tag = parseTag('d'.repeat(40), Buffer.from(text + block))
  assert.equal(tag.message, 'release\n')
  assert.equal(tag.signature, block)
  assert.equal(Buffer.from(tag.payload).toString(), text)
  assert.equal(tag.tagger?.when, '1970-01-01T00:00:00Z')
  assert.equal(parseTag('d'.repeat(40), Buffer.from(text)).signature, undefined)
})

test('a message in short is its first line, cut at fifty characters', () => {
  assert.equal(shortMessage('one\ntwo'), 'one')
  assert.equal(shortMessage('é'.repeat(51)), `${'é'.repeat(50)}...`)
})

test('whatever the bytes are, nothing throws, and without a signature all of them are the payload', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
      parseCommit('', bytes)
      parseTag('', bytes)
    }),
  )
  const line = fc.stringMatching(/^[ -~]{0,40}$/)
  fc.assert(
    fc.property(fc.array(line), body => {
      const text = `tree x\nauthor a <b> 1 +0000\n\n${body.join('\n')}`
      assert.equal(Buffer.from(parseCommit('', Buffer.from(text)).payload).toString(), text)
    }),
  )
})
