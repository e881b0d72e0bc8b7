import { isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import { type FieldError, forbiddenField, invalid, invalidObject, notSupported } from '../field-error.ts'
import type { DeleteOptions } from '../registry/delete.ts'
import { badRequest, quote } from '../status.ts'

/** `meta/v1` ListOptions, as they were asked for. */
export interface ListOptions {
  readonly labelSelector: string
  readonly fieldSelector: string
  readonly limit: number
  readonly continue: string
  readonly resourceVersion: string
  readonly resourceVersionMatch: string
  readonly timeoutSeconds: number | undefined
  readonly allowWatchBookmarks: boolean
  readonly sendInitialEvents: boolean | undefined
}

/** Reads and checks list and watch options. Throws 400 and 422. */
export function listOptions(query: URLSearchParams, watch: boolean): ListOptions {
  const options: ListOptions = {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    limit: integer(query.get('limit')) ?? 0,
    continue: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    timeoutSeconds: integer(query.get('timeoutSeconds')),
    allowWatchBookmarks: flag(query.get('allowWatchBookmarks')) ?? false,
    sendInitialEvents: flag(query.get('sendInitialEvents')),
  }
  const problems = watch ? watchProblems(options) : listProblems(options)
  if (problems.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', problems)
  return options
}

function listProblems({
  resourceVersion,
  resourceVersionMatch: match,
  continue: token,
  sendInitialEvents,
}: ListOptions): FieldError[] {
  const errors: FieldError[] = []
  if (sendInitialEvents !== undefined)
    errors.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'))
  if (match === '') return errors
  const field = 'resourceVersionMatch'
  if (resourceVersion === '')
    errors.push(forbiddenField(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided'))
  if (token !== '') errors.push(forbiddenField(field, 'resourceVersionMatch is forbidden when continue is provided'))
  if (match !== 'Exact' && match !== 'NotOlderThan')
    errors.push(notSupported(field, match, ['Exact', 'NotOlderThan', '']))
  if (match === 'Exact' && resourceVersion === '0')
    errors.push(forbiddenField(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
  return errors
}

function watchProblems({ resourceVersionMatch: match, continue: token, sendInitialEvents }: ListOptions): FieldError[] {
  const errors: FieldError[] = []
  const field = 'resourceVersionMatch'
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan')
    errors.push(forbiddenField(field, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'))
  if (match === '') return errors
  if (sendInitialEvents === undefined)
    errors.push(
      forbiddenField(field, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'),
    )
  if (match !== 'NotOlderThan') errors.push(notSupported(field, match, ['NotOlderThan']))
  if (token !== '') errors.push(forbiddenField(field, 'resourceVersionMatch is forbidden when continue is provided'))
  return errors
}

/** What a write says in its query. */
export interface WriteOptions {
  readonly dryRun: boolean
  readonly fieldManager: string
  readonly fieldValidation: 'Strict' | 'Warn' | 'Ignore'
  readonly force: boolean | undefined
  /** What was said, as admission shows it. */
  readonly shown: JsonObject
}

/** Reads and checks create, update and patch options; `kind` names them in messages. Throws 400 and 422. */
export function writeOptions(query: URLSearchParams, kind: string, patchType?: string): WriteOptions {
  const dryRun = query.getAll('dryRun')
  const fieldManager = query.get('fieldManager') ?? ''
  const fieldValidation = query.get('fieldValidation') ?? ''
  const force = flag(query.get('force'))
  const apply = patchType === 'application/apply-patch+yaml'
  const errors: FieldError[] = []
  if (apply && fieldManager === '')
    errors.push({
      type: 'FieldValueRequired',
      field: 'fieldManager',
      message: 'Required value: is required for apply patch',
    })
  if (patchType !== undefined && !apply && force !== undefined)
    errors.push(forbiddenField('force', 'may not be specified for non-apply patch'))
  if (Buffer.byteLength(fieldManager) > 128)
    errors.push({
      type: 'FieldValueTooLong',
      field: 'fieldManager',
      message: 'Too long: may not be more than 128 bytes',
    })
  for (const [index, char] of [...fieldManager].entries())
    if (/[\p{C}]|(?! )\p{Z}/u.test(char)) {
      errors.push(
        invalid(
          'fieldManager',
          fieldManager,
          `invalid character U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')} (at position ${index})`,
        ),
      )
      break
    }
  for (const value of dryRun) if (value !== 'All') errors.push(notSupported('dryRun', dryRun as JsonValue, ['All']))
  if (!['', 'Strict', 'Warn', 'Ignore'].includes(fieldValidation))
    errors.push(notSupported('fieldValidation', fieldValidation, ['', 'Ignore', 'Strict', 'Warn']))
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind }, '', errors)
  return {
    dryRun: dryRun.length > 0,
    fieldManager,
    fieldValidation: (fieldValidation || 'Warn') as WriteOptions['fieldValidation'],
    force,
    shown: {
      ...(dryRun.length === 0 ? {} : { dryRun }),
      ...(fieldManager === '' ? {} : { fieldManager }),
      ...(fieldValidation === '' ? {} : { fieldValidation }),
    },
  }
}

/** Delete options from the body, or from the query when there is none. Throws 400 and 422. */
export function deleteOptions(
  query: URLSearchParams,
  body: JsonValue | undefined,
): DeleteOptions & { readonly dryRun: boolean; readonly shown: JsonObject } {
  const given: JsonObject = isObject(body) ? body : fromQuery(query)
  const { gracePeriodSeconds, propagationPolicy, orphanDependents, preconditions, dryRun, kind } = given
  if (kind !== undefined && kind !== 'DeleteOptions') throw badRequest(`${String(kind)} is not a DeleteOptions`)
  const errors: FieldError[] = []
  if (
    propagationPolicy !== undefined &&
    propagationPolicy !== null &&
    orphanDependents !== undefined &&
    orphanDependents !== null
  )
    errors.push(
      invalid('propagationPolicy', propagationPolicy, 'orphanDependents and deletionPropagation cannot be both set'),
    )
  if (
    propagationPolicy !== undefined &&
    propagationPolicy !== null &&
    !['Background', 'Foreground', 'Orphan'].includes(String(propagationPolicy))
  )
    errors.push(notSupported('propagationPolicy', propagationPolicy, ['Foreground', 'Background', 'Orphan', 'nil']))
  const dry = Array.isArray(dryRun) ? dryRun : []
  for (const value of dry) if (value !== 'All') errors.push(notSupported('dryRun', dry, ['All']))
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors)
  const conditions = isObject(preconditions) ? preconditions : {}
  const { kind: _k, apiVersion: _a, ...said } = given
  return {
    dryRun: dry.length > 0,
    shown: Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null && !isEmptyList(value))),
    ...(typeof gracePeriodSeconds === 'number' ? { gracePeriodSeconds } : {}),
    ...(typeof propagationPolicy === 'string'
      ? { propagationPolicy: propagationPolicy as 'Background' | 'Foreground' | 'Orphan' }
      : {}),
    ...(typeof orphanDependents === 'boolean' ? { orphanDependents } : {}),
    preconditions: {
      ...(typeof conditions['uid'] === 'string' ? { uid: conditions['uid'] } : {}),
      ...(typeof conditions['resourceVersion'] === 'string' ? { resourceVersion: conditions['resourceVersion'] } : {}),
    },
  }
}

function isEmptyList(value: JsonValue | undefined): boolean {
  return Array.isArray(value) && value.length === 0
}

function fromQuery(query: URLSearchParams): JsonObject {
  const grace = integer(query.get('gracePeriodSeconds'))
  const orphan = flag(query.get('orphanDependents'))
  const policy = query.get('propagationPolicy')
  return {
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(orphan === undefined ? {} : { orphanDependents: orphan }),
    ...(policy === null ? {} : { propagationPolicy: policy }),
    dryRun: query.getAll('dryRun'),
  }
}

function integer(value: string | null): number | undefined {
  if (value === null || value === '') return undefined
  if (!/^[+-]?\d{1,18}$/.test(value)) throw badRequest(`strconv.ParseInt: parsing ${quote(value)}: invalid syntax`)
  return Number(value)
}

/** Go's conversion of query booleans: anything but a few words for no means yes. */
function flag(value: string | null): boolean | undefined {
  if (value === null) return undefined
  return !['false', '0', 'False', 'FALSE', 'f', 'F'].includes(value)
}
