import { StatusError } from '../status.ts'

/** How a client wants its answer. */
export interface Wanted {
  readonly format: 'json' | 'yaml'
  /** A transformation of the objects: a table, or their metadata alone. */
  readonly as?: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'
  /** The version of the meta.k8s.io group for `as`. */
  readonly asVersion?: string
  /** `;profile=` of aggregated discovery and the like. */
  readonly parameters: Readonly<Record<string, string>>
  readonly pretty: boolean
}

const ACCEPTED = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'
const STREAMS = ', application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch'
const JSON_WANTED: Wanted = { format: 'json', parameters: {}, pretty: false }

interface MediaRange {
  readonly type: string
  readonly quality: number
  readonly parameters: Readonly<Record<string, string>>
}

/** Picks the first form of the `Accept` header that can be served. Throws NotAcceptable. */
export function negotiate(accept: string | undefined, streams = false): Wanted {
  if (accept === undefined || accept === '' || accept === 'application/json' || accept === '*/*') return JSON_WANTED
  for (const range of mediaRanges(accept)) {
    const format = formatOf(range.type)
    if (format === undefined) continue
    const { as, v = 'v1', g } = range.parameters
    if (as === undefined) return { format, parameters: range.parameters, pretty: range.parameters['pretty'] === '1' }
    if (g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) continue
    if (as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList')
      return { format, as, asVersion: v, parameters: range.parameters, pretty: false }
  }
  // A known type in a form that there is not is refused by another part of the server than an unknown type.
  if (mediaRanges(accept).some(range => formatOf(range.type) !== undefined))
    throw new StatusError({
      code: 406,
      reason: 'NotAcceptable',
      message: `only the following media types are accepted: ${ACCEPTED}`,
    })
  throw new StatusError({
    code: 406,
    reason: 'NotAcceptable',
    message: `406: Not Acceptable\n\nAvailable representations: ${ACCEPTED}${streams ? STREAMS : ''}`,
    details: {},
  })
}

/** All ranges of an `Accept` header, best first. */
export function mediaRanges(accept: string): readonly MediaRange[] {
  return accept
    .split(',')
    .map(text => {
      const [type = '', ...rest] = text.split(';').map(part => part.trim())
      const parameters: Record<string, string> = {}
      for (const part of rest) {
        const cut = part.indexOf('=')
        if (cut > 0) parameters[part.slice(0, cut)] = part.slice(cut + 1)
      }
      return { type: type.toLowerCase(), quality: Number(parameters['q'] ?? 1), parameters }
    })
    .filter(range => range.type !== '')
    .sort((a, b) => b.quality - a.quality)
}

function formatOf(type: string): 'json' | 'yaml' | undefined {
  if (type === 'application/json' || type === '*/*' || type === 'application/*') return 'json'
  return type === 'application/yaml' ? 'yaml' : undefined
}

/** The media type of a `Content-Type` header, without parameters; JSON when there is none. */
export function contentType(header: string | undefined): string {
  const type = (header ?? '').split(';')[0]!.trim().toLowerCase()
  return type === '' ? 'application/json' : type
}

/** 415 for a patch in a format that is none. */
export function unsupportedPatch(): StatusError {
  return new StatusError({
    code: 415,
    reason: 'UnsupportedMediaType',
    message: '415: Unsupported Media Type',
    details: {},
  })
}

/** 415 for the body of an object. */
export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  return new StatusError({
    code: 415,
    reason: 'UnsupportedMediaType',
    message: `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  })
}
