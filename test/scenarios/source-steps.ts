import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { createGunzip } from 'node:zlib'
import type { GitRepository } from '../../src/api/git-repository.ts'
import type { JsonObject, JsonValue } from '../../src/manifest/json.ts'
import { type KubeObject, type ObjectRef, parseApiVersion } from '../../src/manifest/object.ts'
import { type ForwardProxy, startProxy } from '../support/proxy.ts'
import { startTlsFront, type TlsFront } from '../support/tls-front.ts'
import { mismatch } from './match.ts'
import type { World } from './world.ts'

/** Steps about Git hosts, artifacts and the ledger. */
export interface SourceStep {
  /** Writes a raw Git object, such as a signed commit, and lets a ref point to it. */
  readonly object?: {
    readonly repo?: string
    readonly type: 'commit' | 'tag'
    readonly ref: string
    readonly text: string
    readonly label?: string
  }
  /**
   * Downloads the artifact of a GitRepository: its size and digest are those of the status, and it holds exactly these files,
   * with these contents where a text is given. With `answers`, only the status of the HTTP answer is looked at.
   */
  readonly artifact?: {
    readonly name?: string
    readonly files?: Readonly<Record<string, string | null>>
    readonly answers?: number
  }
  /** Writes the status of an object, as another controller would. */
  readonly status?: JsonObject
  /** Calls the text at a path of an object `$(value:NAME)` from now on. */
  readonly remember?: { readonly as: string; readonly of: JsonObject; readonly path: string }
  /** How many requests the host got for a repository since the last such step, or the start: exactly, or at most. */
  readonly asked?: { readonly repo?: string; readonly exactly?: number; readonly most?: number }
  /** Starts a proxy, `$(proxy)`, or a host that speaks TLS: `$(tls)`, `$(tls:ca)`, `$(tls:cert)`, `$(tls:key)` (base64). */
  readonly start?: 'proxy' | 'tls'
  /** The `Proxy-Authorization` of every request that went through the proxy. */
  readonly proxied?: string
  /** The ledger has facts like these. */
  readonly facts?: readonly JsonObject[]
}

/** What these steps keep during a scenario. */
export interface SourceStage {
  /** The value of a placeholder of theirs. */
  lookUp(kind: string, rest: string): string | undefined
  play(step: SourceStep): Promise<void>
  close(): void
}

export function sourceStage(world: World, namespace: string): SourceStage {
  const values = new Map<string, string>()
  const asked = new Map<string, number>()
  let proxy: ForwardProxy | undefined
  let front: TlsFront | undefined
  const base64 = (value: string | undefined) => value && Buffer.from(value).toString('base64')

  async function writeObject({ repo = 'repo', type, ref, text, label }: NonNullable<SourceStep['object']>) {
    const name = `${namespace}-${repo}`
    const file = path.join(world.git.folder(name), 'raw')
    await writeFile(file, text)
    const sha = await world.git.git(name, 'hash-object', '-t', type, '-w', file)
    await world.git.git(name, 'update-ref', ref, sha)
    if (label !== undefined) values.set(label, sha)
    world.engine().pushed(`${world.git.url}/${name}.git`)
  }

  async function checkArtifact(step: NonNullable<SourceStep['artifact']>): Promise<void> {
    const { answers = 200, files = {}, name = 'repo' } = step
    const ref = { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'GitRepository', namespace, name }
    const { artifact } = ((await world.user.get(ref)) as GitRepository).status ?? {}
    assert.ok(artifact !== undefined, 'it has no artifact')
    const answer = await fetch(artifact.url)
    const bytes = Buffer.from(await answer.arrayBuffer())
    assert.equal(answer.status, answers, artifact.url)
    if (answers !== 200) return
    assert.equal(bytes.byteLength, artifact.size)
    assert.equal(`sha256:${createHash('sha256').update(bytes).digest('hex')}`, artifact.digest)
    const listing = execFileSync('tar', ['tzf', '-'], { input: bytes }).toString().trim().split('\n')
    const isFolder = (name: string) => name === '.' || listing.some(each => each.startsWith(`${name}/`))
    const present = listing.filter(each => each !== '' && !isFolder(each)).toSorted()
    assert.deepEqual(present, Object.keys(files).toSorted())
    const plain = await text(Readable.from([bytes]).pipe(createGunzip()))
    for (const [file, content] of Object.entries(files)) {
      if (content !== null) assert.ok(plain.includes(content), `${file} is not as expected`)
    }
  }

  async function writeStatus(partial: JsonObject): Promise<void> {
    const { status = {}, ...of } = partial
    await world.user.patch(refTo(of), { status }, { type: 'merge', subresource: 'status', fieldManager: 'user' })
  }

  function refTo(partial: JsonObject): ObjectRef {
    const { apiVersion, kind, metadata } = partial as unknown as KubeObject
    return { ...parseApiVersion(apiVersion), kind, namespace, name: metadata.name }
  }

  async function remember({ as, of, path }: NonNullable<SourceStep['remember']>): Promise<void> {
    const object = await world.user.get(refTo(of))
    let value: unknown = object
    for (const key of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[key]
    assert.ok(typeof value === 'string', `${path} is no text`)
    values.set(as, value)
  }

  function checkAsked({ repo = 'repo', exactly, most }: NonNullable<SourceStep['asked']>): void {
    const marker = `/${namespace}-${repo}.git/`
    const total = world.git.requests.filter(each => each.includes(marker)).length
    const requests = total - (asked.get(repo) ?? 0)
    asked.set(repo, total)
    if (exactly !== undefined) assert.equal(requests, exactly)
    if (most !== undefined) assert.ok(requests <= most, `${requests} requests`)
  }

  async function checkFacts(expected: readonly JsonObject[]): Promise<void> {
    for (const each of expected) {
      const facts = await world.ledger.query({ subject: String(each['subject']) })
      const found = facts.some(fact => mismatch(each, fact as unknown as JsonValue).length === 0)
      assert.ok(found, `no fact like ${JSON.stringify(each)} among ${JSON.stringify(facts)}`)
    }
  }

  return {
    lookUp(kind, rest) {
      if (kind === 'value') return values.get(rest)
      if (kind === 'proxy') return proxy?.url
      if (kind !== 'tls') return undefined
      if (rest === 'ca') return base64(front?.ca)
      if (rest === 'cert') return base64(front?.clientCertificate)
      return rest === 'key' ? base64(front?.clientKey) : front?.url
    },
    async play(step) {
      if (step.object !== undefined) await writeObject(step.object)
      if (step.artifact !== undefined) await checkArtifact(step.artifact)
      if (step.status !== undefined) await writeStatus(step.status)
      if (step.remember !== undefined) await remember(step.remember)
      if (step.start === 'proxy') proxy = await startProxy()
      if (step.start === 'tls') front = await startTlsFront(Number(new URL(world.git.url).port))
      if (step.proxied !== undefined) assert.deepEqual([...new Set(proxy?.seen)], [step.proxied])
      if (step.asked !== undefined) checkAsked(step.asked)
      if (step.facts !== undefined) await checkFacts(step.facts)
    },
    close() {
      proxy?.close()
      front?.close()
    },
  }
}
