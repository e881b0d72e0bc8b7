import { createHash, timingSafeEqual } from 'node:crypto'
import { decryptValue, isEncrypted } from './cipher.ts'
import { findDataKey, type Keyring } from './data-key.ts'
import { SopsError } from './failure.ts'
import type { SopsFormat } from './format.ts'
import type { SopsFile } from './leaf.ts'
import { readMetadata, type SopsMetadata } from './metadata.ts'
import { selectionOf } from './selection.ts'
import { readBinaryFile } from './stores/binary.ts'
import { readDotenvFile } from './stores/dotenv.ts'
import { readIniFile } from './stores/ini.ts'
import { readYamlFile } from './stores/yaml.ts'

export interface DecryptOptions {
  readonly input: SopsFormat
  /** Another format only between YAML and JSON; a binary file has none. The input's by default. */
  readonly output?: SopsFormat
  readonly keyring: Keyring
  /** Refuse a file of which anything was changed since it was encrypted; true by default. */
  readonly checkMac?: boolean
}

/** Files above this size are refused, as in Flux. */
const LIMIT = 5 * 1024 * 1024

/**
 * The plain text of a file that SOPS (getsops.io) encrypted. Rejects with a `SopsError` where the file has another form, none
 * of the keys fits, a value was changed or moved, or the check sum over all values is not the one that was written.
 */
export async function decryptFile(text: string, options: DecryptOptions): Promise<Buffer> {
  if (text.length > LIMIT) throw new SopsError('the file is larger than 5 MiB')
  const { input, output = input, keyring, checkMac = true } = options
  const file = readFile(text, input, output)
  const metadata = readMetadata(file.section)
  const dataKey = await findDataKey(metadata, keyring)
  const sum = decryptLeaves(file, metadata, dataKey)
  if (checkMac) verifyMac(sum, metadata, dataKey)
  return file.write()
}

function readFile(text: string, input: SopsFormat, output: SopsFormat): SopsFile {
  // JSON is told from a wrapped binary file by what it is to become.
  const isTree = input === 'yaml' || input === 'json' || input === 'binary'
  if (isTree && (output === 'yaml' || output === 'json')) return readYamlFile(text, output)
  if (input !== output) throw new SopsError(`a ${input} file cannot become ${output}`)
  switch (input) {
    case 'dotenv':
      return readDotenvFile(text)
    case 'ini':
      return readIniFile(text)
    default:
      return readBinaryFile(text)
  }
}

/** Decrypts every value in its place; gives the check sum over all, in upper-case hex. */
function decryptLeaves({ leaves }: SopsFile, metadata: SopsMetadata, dataKey: Uint8Array): string {
  const selected = selectionOf(metadata.rule)
  const hash = createHash('sha512')
  // Else a file without encrypted values would have the sum of an empty one.
  if (metadata.macOnlyEncrypted) hash.update(createHash('sha256').update('sops').digest())
  for (const { path, comments, isComment, text, canonical, set } of leaves) {
    const encrypted = isComment ? isEncrypted(text) : selected(path, comments)
    let bytes: Buffer = Buffer.from(canonical)
    if (encrypted) {
      const plain = decryptValue(text, dataKey, `${path.join(':')}:`)
      set(plain.type, plain.bytes)
      bytes = plain.bytes
    }
    if (!isComment && (encrypted || !metadata.macOnlyEncrypted)) hash.update(bytes)
  }
  return hash.digest('hex').toUpperCase()
}

function verifyMac(sum: string, { lastModified, mac }: SopsMetadata, dataKey: Uint8Array): void {
  const refused = new SopsError(
    'the file was changed since it was encrypted: its check sum (MAC) does not hold; encrypt it again with sops',
  )
  if (mac === '') throw refused
  const bytes = checkSumOf(mac, lastModified, dataKey)
  const expected = Buffer.from(sum)
  if (bytes === undefined || bytes.length !== expected.length || !timingSafeEqual(bytes, expected)) throw refused
}

function checkSumOf(mac: string, lastModified: string, dataKey: Uint8Array): Buffer | undefined {
  try {
    return decryptValue(mac, dataKey, lastModified).bytes
  } catch {
    return undefined
  }
}
