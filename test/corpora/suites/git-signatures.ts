import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseCommit, parseTag } from '../../../src/source/git/commit.ts'
import { parseAuthorizedKeys } from '../../../src/source/verify/authorized-keys.ts'
import { type SignatureType, signatureType, verifyPgp, verifySsh } from '../../../src/source/verify/signature.ts'
import { readRows } from '../rows.ts'
import type { CaseResult, CorpusSuite } from '../suite.ts'

interface VerifyRow {
  readonly name: string
  readonly kind: 'pgp' | 'ssh'
  readonly object?: string
  readonly signature: string
  readonly payload: string
  readonly keys: readonly string[]
  readonly fingerprint?: string
  readonly error?: unknown
}

interface TypeRow {
  readonly name: string
  readonly fn: string
  readonly signature: string
  readonly want: string | boolean
}

interface KeysRow {
  readonly name: string
  readonly authorizedKeys: string
  readonly count?: number
  readonly fingerprints?: readonly string[]
  readonly error?: unknown
}

function judgeVerify(row: VerifyRow, named: Readonly<Record<string, string>>): CaseResult {
  const keys = row.keys.map(key => named[key] ?? key)
  const { signature = '', payload } = row.object === undefined ? bare(row) : takeApart(row.object)
  const now = Date.now() / 1000
  const result = row.kind === 'pgp' ? verifyPgp(signature, payload, keys, now) : verifySsh(signature, payload, keys)
  const got = result.ok ? result.fingerprint : result.error
  const passed = row.error == null ? result.ok && got === row.fingerprint : !result.ok
  return { name: row.name, passed, detail: `got ${got}, want ${row.fingerprint ?? row.error}` }
}

function bare(row: VerifyRow) {
  return { signature: row.signature, payload: Buffer.from(row.payload) }
}

function takeApart(object: string) {
  const bytes = Buffer.from(object)
  return object.startsWith('tree ') ? parseCommit('', bytes) : parseTag('', bytes)
}

const predicates: Readonly<Record<string, SignatureType>> = {
  IsPGPSignature: 'openpgp',
  IsSSHSignature: 'ssh',
  IsX509Signature: 'x509',
}

function judgeType({ name, fn, signature, want }: TypeRow): CaseResult {
  const type = signatureType(signature)
  const got = predicates[fn] === undefined ? type : type === predicates[fn]
  return { name, passed: got === want, detail: `got ${got}, want ${want}` }
}

function judgeKeys({ name, authorizedKeys, fingerprints, error }: KeysRow): CaseResult {
  const result = parseAuthorizedKeys(authorizedKeys)
  const got = result.ok ? result.keys.map(key => key.fingerprint) : `line ${result.line}`
  const passed = error == null ? JSON.stringify(got) === JSON.stringify(fingerprints) : !result.ok
  return { name, passed, detail: `got ${JSON.stringify(got)}, want ${JSON.stringify(fingerprints ?? error)}` }
}

export const suite: CorpusSuite = {
  corpus: 'git-signatures',
  async *run(folder) {
    const file = path.join(folder, 'keys.json')
    const named = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>) : {}
    for (const row of readRows<VerifyRow>(folder, 'verify.jsonl')) yield judgeVerify(row, named)
    yield* readRows<TypeRow>(folder, 'type.jsonl').map(judgeType)
    yield* readRows<KeysRow>(folder, 'authorizedkeys.jsonl').map(judgeKeys)
  },
}
