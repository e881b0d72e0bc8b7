import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type GitCommit, parseCommit, parseTag } from '../git/commit.ts'
import { verifyCheckout } from '../git/verify-checkout.ts'
import { verifyPgp, verifySignature, verifySsh } from './signature.ts'

/** Made with gpg and ssh-keygen for these tests; the secret halves are gone. */
const payload = Buffer.from('signed content\n')
const now = Date.parse('2026-12-01T00:00:00Z') / 1000

const subkeyCertificate = `-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEawEaKxYJKwYBBAHaRw8BAQdAEbr0pGFDnRUMVQF8b2Drdnnx2mCLx6IhgZTd
9ItcVxS0FnN1YiA8c3ViQGV4YW1wbGUudGVzdD6IkAQTFggAOBYhBH5OtqZrqlvk
ROW36Y3AHMFeDphKBQJrARorAhsBBQsJCAcCBhUKCQgLAgQWAgMBAh4BAheAAAoJ
EI3AHMFeDphKCxUBAJndsairOeMnX9ZsLFbMcLVf8fBp3HDrv0DQHjb6ZZ8iAQCG
GtYnHwO14kGUEaMo1IQYIb/JLkZphi495IAV4gKKDbgzBGsBGisWCSsGAQQB2kcP
AQEHQI2uaiVE6AZeMTjv3f3v4zP5TJK3fJ+vWY99Z3ZK/5nxiO8EGBYIACAWIQR+
Trama6pb5ETlt+mNwBzBXg6YSgUCawEaKwIbAgCBCRCNwBzBXg6YSnYgBBkWCAAd
FiEEGXLnwoITkGt8QJRWISgpQBkLG1gFAmsBGisACgkQISgpQBkLG1jFaAEA3ASi
tLb0sy4MrUlv+QTvQSR4h9L5MwhsWbXup8nTWkEBAO58HsmmwQ5WTk3dAppsqKuB
wnlms2v4YZViGdqGX8YNp3EA/RrisxyB23tQqcp3PkN6y7xwk4JU285c+WJpQ2wk
/VnCAQC0PIznDj7R65FNympWCjoeNkRTHblkJsX2Nil8L1XjAg==
=G6Fe
-----END PGP PUBLIC KEY BLOCK-----
`

const subkeySignature = `-----BEGIN PGP SIGNATURE-----

iIcEABYIAC8WIQQZcufCghOQa3xAlFYhKClAGQsbWAUCawEaKxEcc3ViQGV4YW1w
bGUudGVzdAAKCRAhKClAGQsbWNDtAP9g3kvwTT6KkCRMI5rb2k2CgfZ7deRppB1F
q60/nxpzXwEA0ZCST+MgH/OD57itbQg24d2RZCdvA/bPOeWw/GIyDwc=
=pNiy
-----END PGP SIGNATURE-----
`

const expiredCertificate = `-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEXgvhABYJKwYBBAHaRw8BAQdA1es1aFnPeGVchLrzdRYjHDGXptEhbv/xk52N
phGO2mC0FmV4cCA8ZXhwQGV4YW1wbGUudGVzdD6IlgQTFggAPhYhBGWUgEiqytoA
kW0UwEyEj0tJycTmBQJeC+EAAhsDBQkAAVGABQsJCAcCBhUKCQgLAgQWAgMBAh4B
AheAAAoJEEyEj0tJycTmZxMA/1tWFalJM2HftZ92CSLwH+hcQ7EwpcdPCUGEx+oG
J9adAQC/mKIqDOSEXWS3gqQIsaUTgABcIOj9cS+loVyBG0htCg==
=mB6x
-----END PGP PUBLIC KEY BLOCK-----
`

const expiredSignature = `-----BEGIN PGP SIGNATURE-----

iIcEABYIAC8WIQRllIBIqsraAJFtFMBMhI9LScnE5gUCXgvvEBEcZXhwQGV4YW1w
bGUudGVzdAAKCRBMhI9LScnE5saHAQCbIfrNVHZelsAErofu82LL/99Okn7fiWIP
B7DWJi2+lwD+I1pQlXiixxSooyMJ3ir9fnPJmwbTNUXHkfM1WH3Lxgo=
=sBu/
-----END PGP SIGNATURE-----
`

const goodCertificate = `-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEawEaKxYJKwYBBAHaRw8BAQdA2lN/ZszeKh2AupL+kVMNuZU14VNXlMYIUAou
vBzujQa0FnJldiA8cmV2QGV4YW1wbGUudGVzdD6IkAQTFggAOBYhBOwa5qWctlfx
W1Bg7eQEIdnnn02sBQJrARorAhsDBQsJCAcCBhUKCQgLAgQWAgMBAh4BAheAAAoJ
EOQEIdnnn02sEdEBANNesRYXjmixtAXUDRWLWW4tgK3QvdHvHEKGlsozfNCBAQCP
fjr3J34YWYIwfxAnUxfUXcmsrd0IA4L1vIK4tJaFAw==
=c2va
-----END PGP PUBLIC KEY BLOCK-----
`

const revokedCertificate = `-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEawEaKxYJKwYBBAHaRw8BAQdA2lN/ZszeKh2AupL+kVMNuZU14VNXlMYIUAou
vBzujQaIeAQgFggAIBYhBOwa5qWctlfxW1Bg7eQEIdnnn02sBQJrARorAh0AAAoJ
EOQEIdnnn02sHqsBAKZdaLKKaZf0LJ0Wi+j6/C/s86tM5+AmRv5IDKc4TWKAAQDQ
LTRiOWK4L/7GRDIubsXbVE+UvioYcPtBTs8AFZpABrQWcmV2IDxyZXZAZXhhbXBs
ZS50ZXN0PoiQBBMWCAA4FiEE7BrmpZy2V/FbUGDt5AQh2eefTawFAmsBGisCGwMF
CwkIBwIGFQoJCAsCBBYCAwECHgECF4AACgkQ5AQh2eefTawR0QEA016xFheOaLG0
BdQNFYtZbi2ArdC90e8cQoaWyjN80IEBAI9+OvcnfhhZgjB/ECdTF9Rdyayt3QgD
gvW8gri0loUD
=FSaW
-----END PGP PUBLIC KEY BLOCK-----
`

const revokedSignature = `-----BEGIN PGP SIGNATURE-----

iIcEABYIAC8WIQTsGualnLZX8VtQYO3kBCHZ559NrAUCawEaKxEccmV2QGV4YW1w
bGUudGVzdAAKCRDkBCHZ559NrN37AP9xjzvLpGe9WyWh44QOTezfvsC+W9CIj/2b
RmQe6Kq/xQD/TnAZSl6ItXEXpm8PDlQTFz35TZci+/6BwcAUBLAIvgw=
=xCrh
-----END PGP SIGNATURE-----
`

const textCertificate = `-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEawEaKxYJKwYBBAHaRw8BAQdAypOw5riatH0IvoFNqG79HK+f5c4N1eoVz3Dq
MLEaR3a0FnR4dCA8dHh0QGV4YW1wbGUudGVzdD6IkAQTFggAOBYhBFYnVutzSNNY
KMRKwG/VNf4ci8UxBQJrARorAhsDBQsJCAcCBhUKCQgLAgQWAgMBAh4BAheAAAoJ
EG/VNf4ci8UxwlUBAOswRFMjgWmOkFZK35AMFzTbKYdYSONK3Ewrqm2nr0r8APwN
tr504U5dsbplDBQ/3vV/wNeCnU6vptLD8x0RcnvxDQ==
=2S3c
-----END PGP PUBLIC KEY BLOCK-----
`

const textSignature = `-----BEGIN PGP SIGNATURE-----

iIcEARYIAC8WIQRWJ1brc0jTWCjESsBv1TX+HIvFMQUCawEaKxEcdHh0QGV4YW1w
bGUudGVzdAAKCRBv1TX+HIvFMUHhAQCC2I1pKGfEO1nqBFRTFL5j7EF9h7PL/S1K
DAHWKGiaygEAyKEKubYMlNDqlpeQrJN9tqz6ZqNx7hOP+Gu95ZT0kgc=
=UdFB
-----END PGP SIGNATURE-----
`

const sshKey = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH1MKyT9/TRUjMtl+64EyDpVNu1DY9jI5Z7yI4lAK1y2 t
`

const sshSignature = `-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgfUwrJP39NFSMy2X7rgTIOlU27U
Nj2MjlnvIjiUArXLYAAAADZ2l0AAAAAAAAAAZzaGE1MTIAAABTAAAAC3NzaC1lZDI1NTE5
AAAAQNgUxXrbqUho4cZJ9yTOEGCdU5RO8Oz3LsMwbUayNNao67YjXOeccJuOBvf8Xx9/Rh
49NhAif9CoOTlAd8rpGg8=
-----END SSH SIGNATURE-----
`

const fileSignature = `-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgfUwrJP39NFSMy2X7rgTIOlU27U
Nj2MjlnvIjiUArXLYAAAAEZmlsZQAAAAAAAAAGc2hhNTEyAAAAUwAAAAtzc2gtZWQyNTUx
OQAAAEC/i+LJo34kwafjwgIakHtfqMmmP4sS3o3jet/0lLs4UnGU3gI6mC9xXGBzlUsL/+
hG75bexfLg03e56D6F/jgG
-----END SSH SIGNATURE-----
`

test('a signature by a subkey is named by its primary key', () => {
  assert.deepEqual(verifyPgp(subkeySignature, payload, [subkeyCertificate], now), {
    ok: true,
    fingerprint: '8DC01CC15E0E984A',
  })
})

test('a key that is not among them did not sign', () => {
  assert.equal(verifyPgp(subkeySignature, payload, [textCertificate], now).ok, false)
})

test('a key counts until it expires', () => {
  const then = Date.parse('2020-01-01T12:00:00Z') / 1000
  assert.equal(verifyPgp(expiredSignature, payload, [expiredCertificate], then).ok, true)
  assert.deepEqual(verifyPgp(expiredSignature, payload, [expiredCertificate], now), {
    ok: false,
    error: 'unable to verify payload with any of the given key rings: the key or the signature has expired',
  })
})

test('a revoked key counts no more, not even for what it signed before', () => {
  assert.equal(verifyPgp(revokedSignature, payload, [goodCertificate], now).ok, true)
  assert.deepEqual(verifyPgp(revokedSignature, payload, [revokedCertificate], now), {
    ok: false,
    error: 'unable to verify payload with any of the given key rings: the key was revoked',
  })
})

test('a text signature does not care about line ends', () => {
  for (const text of ['line one\nline two\n', 'line one\r\nline two\r\n'])
    assert.equal(verifyPgp(textSignature, Buffer.from(text), [textCertificate], now).ok, true)
  assert.equal(verifyPgp(textSignature, Buffer.from('line one\nline 2\n'), [textCertificate], now).ok, false)
})

test('the key is found among others, of either kind', () => {
  const keys = ['rubbish', sshKey, expiredCertificate, `${textCertificate}\n${subkeyCertificate}`]
  assert.equal(verifySignature(subkeySignature, payload, keys, now).ok, true)
  assert.equal(verifySignature(sshSignature, payload, keys, now).ok, true)
})

test('an SSH signature that was made for files is none for Git', () => {
  assert.equal(verifySsh(sshSignature, payload, [sshKey]).ok, true)
  assert.deepEqual(verifySsh(fileSignature, Buffer.from('line one\nline two\n'), [sshKey]), {
    ok: false,
    error: 'unable to verify payload with any of the given authorized keys: the signature does not fit the content',
  })
})

test('no change of content, signature or key goes unnoticed, and nothing makes the reader throw', () => {
  const flip = (bytes: Buffer, at: number, bit: number) => {
    const changed = Buffer.from(bytes)
    const index = at % changed.byteLength
    changed[index] = changed[index]! ^ (1 << bit)
    return changed
  }
  const rearmored = (text: string, at: number, bit: number) => {
    const [head = '', body = ''] = [/^[^\n]*\n\n?/.exec(text)?.[0], text.replace(/^[^\n]*\n\n?/, '')]
    const base64 = body.slice(0, body.search(/\n(=|-----END)/)).replaceAll('\n', '')
    const end = /-----END[^\n]*/.exec(body)?.[0]
    return `${head}${flip(Buffer.from(base64, 'base64'), at, bit).toString('base64')}\n${end}\n`
  }
  fc.assert(
    fc.property(fc.nat(), fc.nat(7), (at, bit) => {
      assert.equal(verifyPgp(subkeySignature, flip(payload, at, bit), [subkeyCertificate], now).ok, false)
      assert.equal(verifySsh(sshSignature, flip(payload, at, bit), [sshKey]).ok, false)
      assert.equal(verifySsh(rearmored(sshSignature, at, bit), payload, [sshKey]).ok, false)
      verifyPgp(rearmored(subkeySignature, at, bit), payload, [subkeyCertificate], now)
      verifyPgp(subkeySignature, payload, [rearmored(subkeyCertificate, at, bit)], now)
    }),
  )
})

const unsigned: GitCommit = parseCommit('c'.repeat(40), Buffer.from('tree x\nauthor a <b> 1 +0000\n\nmessage\n'))
const signedCommit: GitCommit = { ...unsigned, payload, signature: subkeySignature }
const plainTag = parseTag(
  'd'.repeat(40),
  Buffer.from('object x\ntype commit\ntag v1\ntagger a <b> 1 +0000\n\nmessage\n'),
)
const signedTag = { ...plainTag, payload, signature: sshSignature }
const keys = [subkeyCertificate, sshKey]

test('HEAD, Tag and TagAndHEAD say what was verified, in the words of the condition', () => {
  const fingerprint = 'SHA256:' // of the SSH key
  const both = verifyCheckout({ commit: signedCommit, tag: signedTag }, 'TagAndHEAD', keys, now * 1000)
  assert.equal(both.status, 'verified')
  assert.match(
    both.message,
    new RegExp(
      `^verified signature of\n\t- tag 'v1@d{40}' with key '${fingerprint}[^']+'\n\t- commit 'c{40}' with key '8DC01CC15E0E984A'$`,
    ),
  )
  assert.equal(verifyCheckout({ commit: signedCommit }, 'HEAD', keys, now * 1000).status, 'verified')
  assert.equal(verifyCheckout({ commit: unsigned, tag: signedTag }, 'Tag', keys, now * 1000).status, 'verified')
})

test('what cannot be verified is refused for a reason', () => {
  const reason = (...input: Parameters<typeof verifyCheckout>) => {
    const result = verifyCheckout(...input)
    return result.status === 'failed' ? `${result.reason}: ${result.message}` : result.status
  }
  const at = now * 1000
  assert.equal(
    reason({ commit: unsigned }, 'HEAD', keys, at),
    `InvalidCommitSignature: signature verification of commit '${'c'.repeat(40)}' failed: signature is empty`,
  )
  assert.equal(
    reason({ commit: signedCommit }, 'Tag', keys, at),
    "InvalidVerificationMode: cannot verify tag object's signature if a tag reference is not specified",
  )
  assert.equal(
    reason({ commit: signedCommit, tag: plainTag }, 'Tag', keys, at),
    `InvalidGitObject: cannot verify signature of tag 'v1@${'d'.repeat(40)}' since it is not signed`,
  )
  assert.match(
    reason({ commit: signedCommit, tag: signedTag }, 'Tag', [subkeyCertificate], at),
    /^InvalidTagSignature: /,
  )
})
