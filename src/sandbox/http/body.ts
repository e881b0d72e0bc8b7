import type { IncomingMessage } from 'node:http'
import type { JsonValue } from '../../manifest/json.ts'
import type { Resource } from '../registry/catalog.ts'
import { unrecognized } from '../registry/decode.ts'
import { badRequest, StatusError } from '../status.ts'

const LIMIT = 3 * 1024 * 1024

/** The whole body as text. Rejects with 413 beyond 3 MB. */
export async function readBody(request: IncomingMessage): Promise<string> {
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
  return (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString('utf8')
}

/** The value of a body that should be an object. Throws 400 in the server's words. */
export function parseBody(body: string, format: 'json' | 'yaml', resource: Resource | undefined): JsonValue {
  const kind = resource?.kind.kind ?? 'DeleteOptions'
  try {
    return JSON.parse(body) as JsonValue
  } catch (error) {
    if (format === 'yaml') return parseYamlBody(body)
    throw unrecognized(kind, `couldn't get version/kind; json parse error: ${(error as Error).message}`, body)
  }
}

/** The value of an applied configuration, which may be JSON or YAML. Throws 400. */
export function parseYamlBody(body: string): JsonValue {
  try {
    return JSON.parse(body) as JsonValue
  } catch (error) {
    throw badRequest(`error decoding YAML: ${(error as Error).message}`)
  }
}
