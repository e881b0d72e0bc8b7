import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { issue } from './certificate.ts'

const validity = { notBefore: Date.UTC(2026, 0, 1), notAfter: Date.UTC(2056, 0, 1) }
const authority = issue({ name: { commonName: 'authority' }, use: 'authority', ...validity })

test('a server certificate is good for its hosts and signed by the authority', () => {
  const hosts = ['localhost', '127.0.0.1']
  const { certificate, privateKey } = issue({ name: { commonName: 's' }, use: 'server', hosts, ...validity }, authority)
  const read = new X509Certificate(certificate)
  const issuer = new X509Certificate(authority.certificate)
  assert.equal(read.checkHost('localhost'), 'localhost')
  assert.equal(read.checkIP('127.0.0.1'), '127.0.0.1')
  assert.equal(read.checkHost('example.com'), undefined)
  assert.ok(read.verify(issuer.publicKey) && read.checkIssued(issuer) && read.checkPrivateKey(privateKey))
  assert.deepEqual([issuer.ca, read.ca], [true, false])
  assert.equal(new Date(read.validTo).getTime(), validity.notAfter)
})

test('a client certificate names the user and his groups', () => {
  const name = { commonName: 'jane', organizations: ['dev', 'ops'] }
  const { certificate } = issue({ name, use: 'client', ...validity }, authority)
  assert.equal(new X509Certificate(certificate).subject, 'O=dev\nO=ops\nCN=jane')
})
