import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Kustomization } from '../../../src/api/kustomization.ts'
import { decryptionKeys } from '../../../src/engine/kustomization/decryption.ts'
import type { References } from '../../../src/engine/references.ts'
import { expiringCache } from '../../../src/manifest/expiring.ts'
import type { KubeObject } from '../../../src/manifest/object.ts'
import { resolvePath } from '../../../src/manifest/resolve-path.ts'
import { decodeNode } from '../../../src/manifest/yaml/decode.ts'
import { parseYaml } from '../../../src/manifest/yaml/parse.ts'
import { fluxRenderer } from '../../../src/render/flux/render.ts'
import { ageKeyring } from '../../../src/sops/age.ts'
import { joinKeyrings, type Keyring } from '../../../src/sops/data-key.ts'
import { decryptFile } from '../../../src/sops/decrypt.ts'
import { formatOfPath, formatOfText, type SopsFormat } from '../../../src/sops/format.ts'
import { pgpKeyring } from '../../../src/sops/pgp.ts'
import { memoryTree } from '../../../src/source/memory-tree.ts'
import { readRows } from '../rows.ts'
import type { CaseResult, CorpusSuite } from '../suite.ts'

interface DecryptCase {
  readonly name: string
  readonly inputFormat: SopsFormat
  readonly outputFormat: SopsFormat
  readonly encrypted: string
  readonly ageKeys?: readonly string[]
  readonly pgpKey?: string
  readonly output?: string
  readonly error?: string
}

interface FormatCase {
  readonly name: string
  readonly path?: string
  readonly marker?: string
  readonly format: SopsFormat | null
}

function valuesOf(text: string): unknown {
  return parseYaml(text, { file: 'output' }).documents.map(document => decodeNode(document, 'kustomize').value)
}

async function decrypted(row: DecryptCase, keys: Readonly<Record<string, string>>): Promise<CaseResult> {
  const { name, encrypted, error, inputFormat: input, outputFormat: output } = row
  const age = ageKeyring((row.ageKeys ?? []).map(key => keys[key] ?? ''))
  const pgp = pgpKeyring(row.pgpKey === undefined ? [] : [keys[row.pgpKey] ?? ''])
  const keyring = joinKeyrings([age, pgp])
  try {
    const text = (await decryptFile(encrypted, { input, output, keyring })).toString()
    if (error !== undefined) return { name, passed: false, detail: `expected the error ${error}, got ${text}` }
    const structured = output === 'yaml' || output === 'json'
    const passed = structured
      ? isDeepStrictEqual(valuesOf(text), valuesOf(row.output ?? ''))
      : text === (row.output ?? '')
    return passed ? { name, passed } : { name, passed, detail: `expected ${row.output}, got ${text}` }
  } catch (problem) {
    return error === undefined ? { name, passed: false, detail: String(problem) } : { name, passed: true }
  }
}

function formats({ name, path: file, marker, format }: FormatCase): CaseResult {
  const found = file === undefined ? (formatOfText(marker ?? '') ?? null) : formatOfPath(file)
  return found === format ? { name, passed: true } : { name, passed: false, detail: `expected ${format}, got ${found}` }
}

interface PathCase {
  readonly name: string
  readonly root: string
  readonly path: string
  readonly rel: string
}

/** Where a path leads in a tree that has what the original comes to. */
async function paths({ name, root, path: asked, rel }: PathCase): Promise<CaseResult> {
  const inside = asked.startsWith(root) ? asked.slice(root.length) : asked
  const found = await resolvePath(memoryTree({ [rel]: '' }), inside.replace(/\/+$/, ''))
  const got = found.found ? found.path : found.reason
  return got === rel ? { name, passed: true } : { name, passed: false, detail: `expected ${rel}, got ${got}` }
}

interface ImportCase {
  readonly name: string
  readonly decryption: { readonly provider: 'sops'; readonly secretRef?: { readonly name: string } }
  readonly secret?: KubeObject
  readonly error: boolean
}

/** Whether the Secret's keys are taken. */
async function imports({ name, decryption, secret, error }: ImportCase): Promise<CaseResult> {
  const kustomization = { metadata: { name: 'k', namespace: 'sops' }, spec: { decryption } } as unknown as Kustomization
  const references: References = {
    read: async reference => (reference.name === secret?.metadata.name ? { ...secret, kind: 'Secret' } : undefined),
    keep() {},
    close() {},
  }
  const object = {
    ...kustomization,
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
  } as Kustomization
  const nobody = () => Promise.reject(new Error('nothing is asked'))
  const cloud = { http: nobody, env: {}, now: Date.now, cache: expiringCache(Date.now), self: nobody }
  const problem = await decryptionKeys(object, { references, cloud }).then(() => undefined, String)
  const passed = (problem !== undefined) === error
  return passed ? { name, passed } : { name, passed, detail: problem ?? 'it was taken' }
}

const KEYED = { data: { key: 'value' } }
const EXPECTED: Readonly<Record<string, unknown>> = {
  ...Object.fromEntries(
    ['algo-age', 'algo-age-pq', 'algo-pgp', 'component', 'envs-secret', 'files-secret', 'inside-secret'].map(name => [
      `Secret/sops-${name}`,
      KEYED,
    ]),
  ),
  'ConfigMap/sops-envs-configmap': KEYED,
  'ConfigMap/sops-files-configmap': KEYED,
  'Secret/sops-patches-secret': { data: { key: 'merge1', merge2: 'merge2' } },
}

/** What the objects of a folder hold, decoded. */
async function built(files: Readonly<Record<string, string>>, folder: string, keyring: Keyring) {
  const request = { path: folder, spec: { targetNamespace: 'ns' }, keyring }
  const { diagnostics, objects } = fluxRenderer.render(await fluxRenderer.load(memoryTree(files), request))
  const data = (object: KubeObject) => {
    const { data = {}, stringData = {} } = object as {
      data?: Record<string, string>
      stringData?: Record<string, string>
    }
    const decoded = object.kind === 'Secret' ? Object.entries(data).map(([key, text]) => [key, decode(text)]) : []
    return { ...data, ...Object.fromEntries(decoded), ...stringData }
  }
  const held = Object.fromEntries(
    objects.map(({ object }) => [`${object.kind}/${object.metadata.name}`, { data: data(object) }]),
  )
  return { held, problems: diagnostics.map(({ message, subject }) => `${subject}: ${message}`) }
}

const decode = (text: string) => Buffer.from(text, 'base64').toString()

/** The source tree of the controller's own test; `remote` of it would need the internet. */
async function* trees(folder: string): AsyncGenerator<CaseResult> {
  const file = path.join(folder, 'tree.json')
  if (!existsSync(file)) return
  const files = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, string>>
  const root = files['kustomization.yaml']?.replace(/^ *- remote\n/m, '') ?? ''
  const keys = (...names: readonly string[]) => names.map(name => files[`keys/${name}`] ?? '')
  const keyring = joinKeyrings([ageKeyring(keys('age.txt', 'age-pq.txt')), pgpKeyring(keys('pgp.asc'))])
  const { held, problems } = await built({ ...files, 'kustomization.yaml': root }, './', keyring)
  for (const [name, expected] of Object.entries(EXPECTED)) {
    const passed = isDeepStrictEqual(held[name], expected)
    yield passed ? { name, passed } : { name, passed, detail: `got ${JSON.stringify(held[name])} ${problems}` }
  }
  const global = await built(files, './global', ageKeyring(keys('age-global.txt')))
  const name = 'the folder global'
  const passed = global.problems.length === 0 && !JSON.stringify(global.held).includes('ENC[')
  yield passed ? { name, passed } : { name, passed, detail: `${JSON.stringify(global.held)} ${global.problems}` }
}

export const suite: CorpusSuite = {
  corpus: 'flux-sops',
  async *run(folder) {
    const keys = JSON.parse(readFileSync(path.join(folder, 'keys.json'), 'utf8')) as Readonly<Record<string, string>>
    for (const row of readRows<DecryptCase>(folder, 'decrypt.jsonl')) yield await decrypted(row, keys)
    for (const row of readRows<FormatCase>(folder, 'formats.jsonl')) yield formats(row)
    for (const row of readRows<PathCase>(folder, 'paths.jsonl')) yield await paths(row)
    for (const row of readRows<ImportCase>(folder, 'importkeys.jsonl')) yield await imports(row)
    yield* trees(folder)
  },
}
