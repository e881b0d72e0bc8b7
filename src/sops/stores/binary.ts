import { isObject, type JsonValue } from '../../manifest/json.ts'
import { SopsError } from '../failure.ts'
import type { SopsFile } from '../leaf.ts'

/** Any bytes, which SOPS keeps as one value: `{"data": "ENC[…]", "sops": {…}}`. Throws a `SopsError`. */
export function readBinaryFile(text: string): SopsFile {
  const parsed = parse(text)
  const data = parsed['data']
  if (typeof data !== 'string') throw new SopsError("the file is no JSON object with a text 'data'")
  let plain: Buffer = Buffer.from(data)
  return {
    section: parsed['sops'],
    leaves: [
      {
        path: ['data'],
        comments: [],
        isComment: false,
        text: data,
        canonical: data,
        set(_type, bytes) {
          plain = bytes
        },
      },
    ],
    write: () => plain,
  }
}

function parse(text: string): { readonly [key: string]: JsonValue | undefined } {
  try {
    const value = JSON.parse(text) as JsonValue
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}
