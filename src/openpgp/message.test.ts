import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { decryptMessage } from './message.ts'
import { readSecretKeys } from './secret-key.ts'

const hasGpg = spawnSync('gpg', ['--version']).status === 0

/** GnuPG with a folder of its own. */
async function withGpg(run: (gpg: (args: readonly string[], input?: string) => string) => void): Promise<void> {
  // The agent's socket has to fit into a short path.
  const home = await mkdtemp(path.join(tmpdir(), 'gpg-'))
  const options = ['--homedir', home, '--batch', '--quiet', '--passphrase', '', '--pinentry-mode', 'loopback']
  const silent = { stdio: ['pipe', 'pipe', 'ignore'] as ('pipe' | 'ignore')[], encoding: 'utf8' as const }
  try {
    run((args, input = '') => execFileSync('gpg', [...options, ...args], { ...silent, input }))
  } finally {
    spawnSync('gpgconf', ['--homedir', home, '--kill', 'all'])
    await rm(home, { recursive: true, force: true })
  }
}

const PLAIN = 'a data key, and a long line: '.padEnd(3000, 'x')

for (const [name, algorithm, encryption] of [
  ['RSA', 'rsa2048', 'rsa2048'],
  ['Curve25519', 'ed25519', 'cv25519'],
] as const)
  test(`what GnuPG encrypts for ${name} is read`, { skip: !hasGpg && 'no gpg here' }, async () => {
    await withGpg(gpg => {
      gpg(['--quick-generate-key', 'ada@example.test', algorithm, 'cert', 'never'])
      const [, fingerprint = ''] = /^fpr:+([0-9A-F]{40}):/m.exec(gpg(['--with-colons', '--list-keys'])) ?? []
      gpg(['--quick-add-key', fingerprint, encryption, 'encr', 'never'])
      const keys = readSecretKeys(gpg(['--armor', '--export-secret-keys']))
      const encrypt = (...more: readonly string[]) =>
        gpg(['--armor', '--trust-model', 'always', '-r', 'ada@example.test', ...more, '--encrypt'], PLAIN)
      for (const message of [
        encrypt(),
        encrypt('--compress-algo', 'none'),
        encrypt('--compress-algo', 'zlib'),
        encrypt('--cipher-algo', 'AES128'),
        encrypt('--throw-keyids'),
      ])
        assert.equal(decryptMessage(message, keys)?.toString(), PLAIN)

      const lines = encrypt('--compress-algo', 'none').split('\n')
      const middle = Math.floor(lines.length / 2)
      const broken = lines.with(middle, lines[middle]?.replace(/^../, two => (two === 'AA' ? 'BB' : 'AA')) ?? '')
      assert.throws(
        () => decryptMessage(broken.filter(line => !line.startsWith('=')).join('\n'), keys),
        /was changed since it was encrypted/,
      )
      assert.equal(decryptMessage(encrypt(), []), undefined)
    })
  })

test('keys with a passphrase, and texts that are none, are refused', { skip: !hasGpg && 'no gpg here' }, async () => {
  assert.throws(() => readSecretKeys('nonsense'), { message: 'the text has no PGP PRIVATE KEY BLOCK' })
  await withGpg(gpg => {
    gpg(['--passphrase', 'secret', '--quick-generate-key', 'ada@example.test', 'rsa2048', 'encr,cert', 'never'])
    const armored = gpg(['--passphrase', 'secret', '--armor', '--export-secret-keys'])
    assert.throws(() => readSecretKeys(armored), /has a passphrase; export it without one/)
  })
})
