import type { Diagnostic, Position } from '../../manifest/diagnostic.ts'
import { isArray, isObject, type JsonObject, type JsonValue, textAt } from '../../manifest/json.ts'
import { formatRef, type KubeObject, refOf } from '../../manifest/object.ts'
import type { Sourced } from '../../manifest/rendered.ts'
import { resolvePath } from '../../manifest/resolve-path.ts'
import type { Tree } from '../../manifest/tree.ts'
import { decodeNode } from '../../manifest/yaml/decode.ts'
import { parseYaml } from '../../manifest/yaml/parse.ts'
import { toYaml } from '../../manifest/yaml/to-yaml.ts'
import type { Keyring } from '../../sops/data-key.ts'
import { decryptFile } from '../../sops/decrypt.ts'
import { SopsError } from '../../sops/failure.ts'
import { formatOfPath, formatOfText, type SopsFormat } from '../../sops/format.ts'
import { KUSTOMIZATION_NAMES } from './scan-folder.ts'

const SWITCH = 'kustomize.toolkit.fluxcd.io/decrypt'
const HINT = 'add the key to the Secret of spec.decryption.secretRef, or encrypt it for a key that is there'

/**
 * The objects with those decrypted that SOPS encrypted: whole ones (with a field `sops`), and Secrets of which a value is an
 * encrypted file. An object annotated with `decrypt: disabled` stays as it is. The check sum over an object is not looked at,
 * as in Flux: kustomize has changed the object since, and people edit what is in the clear.
 */
export async function decryptObjects(
  objects: readonly Sourced[],
  keyring: Keyring,
): Promise<{ readonly objects: readonly Sourced[]; readonly diagnostics: readonly Diagnostic[] }> {
  const diagnostics: Diagnostic[] = []
  const decrypted = await Promise.all(
    objects.map(async sourced => {
      try {
        const object = await decryptObject(sourced.object, keyring)
        return object === sourced.object ? sourced : { ...sourced, object }
      } catch (error) {
        diagnostics.push(failed(formatRef(refOf(sourced.object)), error, sourced.origin))
        return sourced
      }
    }),
  )
  return { objects: decrypted, diagnostics }
}

function failed(subject: string, error: unknown, position: Position | undefined): Diagnostic {
  return {
    severity: 'error',
    code: 'decryption-failed',
    subject,
    message: `decryption failed: ${error instanceof Error ? error.message : String(error)}`,
    ...(error instanceof SopsError && error.kind === 'missing-key' && { hint: HINT }),
    ...(position !== undefined && { position }),
  }
}

async function decryptObject(object: KubeObject, keyring: Keyring): Promise<KubeObject> {
  if (object.metadata.annotations?.[SWITCH]?.toLowerCase() === 'disabled') return object
  if (object['sops'] !== undefined) {
    const text = toYaml(object as unknown as JsonValue)
    const plain = await decryptFile(text, { input: 'yaml', keyring, checkMac: false })
    return firstValue(plain.toString()) as unknown as KubeObject
  }
  const data = object['data'] as JsonValue | undefined
  if (object.kind !== 'Secret' || !isObject(data)) return object
  const entries = await Promise.all(
    Object.entries(data).map(async ([key, value]) => [key, await decryptEntry(key, value, keyring)] as const),
  )
  if (entries.every(([key, value]) => value === data[key])) return object
  return { ...object, data: Object.fromEntries(entries) } as KubeObject
}

/** A value of a Secret, in base64; where it is an encrypted file, its plain text. */
async function decryptEntry(
  key: string,
  value: JsonValue | undefined,
  keyring: Keyring,
): Promise<JsonValue | undefined> {
  const text = typeof value === 'string' ? Buffer.from(value, 'base64').toString() : ''
  const input = formatOfText(text)
  if (input === undefined) return value
  const wanted = formatOfPath(key)
  const output = isStructured(wanted) && (input === 'binary' || isStructured(input)) ? wanted : input
  return (await decryptFile(text, { input, output, keyring, checkMac: false })).toString('base64')
}

function isStructured(format: SopsFormat): boolean {
  return format === 'yaml' || format === 'json'
}

/**
 * The tree with those files decrypted that generators of Secrets and patches read: kustomize takes in what is in them. A
 * generator's files must be as they were encrypted, while a patch may have been edited in the clear. Nothing is written.
 * `root` is the kustomization file of the folder.
 */
export async function decryptSources(
  tree: Tree,
  folder: string,
  root: JsonValue,
  keyring: Keyring,
): Promise<{ readonly tree: Tree; readonly diagnostics: readonly Diagnostic[] }> {
  const sources = new Map<string, 'file' | 'patch'>()
  await collectSources(tree, folder, root, sources, new Set([folder]))
  const diagnostics: Diagnostic[] = []
  const plain = new Map<string, Uint8Array>()
  for (const [path, kind] of sources) {
    const text = Buffer.from(await tree.read(path)).toString()
    const found = formatOfText(text)
    if (found === undefined) continue
    const byPath = formatOfPath(path)
    const input = found === 'binary' && isStructured(byPath) ? byPath : found
    try {
      plain.set(path, await decryptFile(text, { input, keyring, checkMac: kind === 'file' }))
    } catch (error) {
      diagnostics.push(failed(path, error, { file: path, line: 1, column: 1 }))
    }
  }
  return { tree: plain.size === 0 ? tree : overlaid(tree, plain), diagnostics }
}

/** A tree in which some files read as something else; what they are hashed by stays. */
function overlaid(tree: Tree, files: ReadonlyMap<string, Uint8Array>): Tree {
  return {
    revision: tree.revision,
    digest: tree.digest,
    hashOf: path => tree.hashOf(path),
    entry: path => tree.entry(path),
    list: path => tree.list(path),
    read: async path => files.get(path) ?? tree.read(path),
  }
}

async function collectSources(
  tree: Tree,
  folder: string,
  file: JsonValue,
  sources: Map<string, 'file' | 'patch'>,
  visited: Set<string>,
): Promise<void> {
  if (!isObject(file)) return
  const resolve = async (path: string) => {
    const resolved = await resolvePath(tree, path, folder)
    return resolved.found ? resolved : undefined
  }
  const add = async (path: string, kind: 'file' | 'patch') => {
    const resolved = await resolve(path)
    if (resolved?.entry.type === 'file') sources.set(resolved.path, kind)
  }
  for (const generator of objectsIn(file['secretGenerator'])) {
    const env = textAt(generator, 'env')
    const files = textsIn(generator['files']).map(text => text.slice(text.indexOf('=') + 1))
    for (const path of [...files, ...textsIn(generator['envs']), ...(env === undefined ? [] : [env])])
      await add(path, 'file')
  }
  for (const patch of objectsIn(file['patches'])) {
    const path = textAt(patch, 'path')
    if (path !== undefined) await add(path, 'patch')
  }
  for (const path of ['resources', 'bases', 'components'].flatMap(field => textsIn(file[field]))) {
    const resolved = await resolve(path)
    if (resolved?.entry.type !== 'directory' || visited.has(resolved.path)) continue
    visited.add(resolved.path)
    await collectSources(tree, resolved.path, await kustomizationIn(tree, resolved.path), sources, visited)
  }
}

/** The kustomization file of a folder; null where it has none, or a broken one, of which the build tells. */
async function kustomizationIn(tree: Tree, folder: string): Promise<JsonValue> {
  for (const name of KUSTOMIZATION_NAMES) {
    const path = folder === '' ? name : `${folder}/${name}`
    if (tree.entry(path)?.type === 'file') return firstValue(Buffer.from(await tree.read(path)).toString())
  }
  return null
}

function firstValue(text: string): JsonValue {
  const [document] = parseYaml(text, { file: '' }).documents
  return document === undefined ? null : (decodeNode(document, 'kubectl').value ?? null)
}

function objectsIn(value: JsonValue | undefined): readonly JsonObject[] {
  return (isArray(value) ? value : []).filter(isObject)
}

function textsIn(value: JsonValue | undefined): readonly string[] {
  return (isArray(value) ? value : []).filter(each => typeof each === 'string')
}
