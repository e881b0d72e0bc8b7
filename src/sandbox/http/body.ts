import type { IncomingMessage } from 'node:http'
import type { JsonValue } from '../../manifest/json.ts'
import { decodeNode, goErrorText } from '../../manifest/yaml/decode.ts'
import { parseYaml } from '../../manifest/yaml/parse.ts'
import { decodeProtobuf } from '../protobuf/decode.ts'
import { unrecognized } from '../registry/decode.ts'
import { badRequest, StatusError } from '../status.ts'
import { scanJson } from './go-json.ts'

const LIMIT = 3 * 1024 * 1024

export type BodyFormat = 'json' | 'yaml' | 'protobuf'

/** A body as a value, with the fields that its text holds twice. */
export interface ParsedBody {
  readonly value: JsonValue
  readonly duplicates: readonly string[]
}

/** The whole body. Rejects with 413 beyond 3 MB. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > LIMIT)
      throw new StatusError({
        code: 413,
        reason: 'RequestEntityTooLarge',
        message: `Request entity too large: limit is ${LIMIT}`,
      })
    chunks.push(chunk)
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}

/** The value of a body that should be an object of a kind. Throws 400 in the server's words. */
export function parseBody(body: Buffer, format: BodyFormat, kind: string): ParsedBody {
  if (format === 'protobuf')
    try {
      return { value: decodeProtobuf(body), duplicates: [] }
    } catch (error) {
      throw unrecognized(kind, (error as Error).message, body)
    }
  const text = body.toString('utf8')
  if (format === 'yaml' && !text.trimStart().startsWith('{')) {
    const { value, error } = yamlValue(text)
    if (error !== undefined) throw unrecognized(kind, error, body)
    return { value, duplicates: [] }
  }
  const { error, duplicates } = scanJson(text)
  if (error !== undefined) throw unrecognized(kind, `couldn't get version/kind; json parse error: ${error}`, body)
  return { value: JSON.parse(text) as JsonValue, duplicates }
}

/** The value of an applied configuration, which may be JSON or YAML. Throws 400. */
export function parseApplied(body: Buffer): JsonValue {
  const text = body.toString('utf8')
  if (text.startsWith('{'))
    try {
      return JSON.parse(text) as JsonValue
    } catch {
      // What is no JSON may still be YAML in flow style.
    }
  const { value, error } = yamlValue(text)
  if (error !== undefined) throw badRequest(`error decoding YAML: error converting YAML to JSON: ${error}`)
  return value
}

/** The value of a patch. Throws 400 with the text of Go's decoder. */
export function parsePatch(body: Buffer): JsonValue {
  const text = body.toString('utf8')
  const { error } = scanJson(text)
  if (error !== undefined) throw badRequest(`error decoding patch: ${error}`)
  return JSON.parse(text) as JsonValue
}

function yamlValue(text: string): { readonly value: JsonValue; readonly error?: string } {
  const { documents, diagnostics } = parseYaml(text, { file: 'body' })
  if (diagnostics.length > 0) return { value: null, error: goErrorText(diagnostics) }
  const document = documents[0]
  if (document === undefined) return { value: null }
  const decoded = decodeNode(document, 'kubectl')
  if (decoded.value === undefined) return { value: null, error: goErrorText(decoded.diagnostics) }
  return { value: plain(decoded.value) }
}

/** Numbers as the rest of the server has them: what JSON would have given. */
function plain(value: JsonValue): JsonValue {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item as JsonValue)]))
}
