import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { ObjectRef } from '../../src/manifest/object.ts'
import type { ControlPlane } from '../cluster/control-plane.ts'

/** A request that may have written something, as the API server has noted it down. */
export interface AuditEntry {
  readonly verb: string
  readonly userAgent: string
  readonly requestURI: string
  readonly objectRef?: {
    readonly resource: string
    readonly apiGroup?: string
    readonly namespace?: string
    readonly name?: string
    readonly subresource?: string
  }
  readonly responseStatus?: { readonly code: number }
}

/** Notes down from now on; each call gives what has come since. */
export function startAudit({ directory }: ControlPlane): () => readonly AuditEntry[] {
  const read = () => readFileSync(path.join(directory, 'audit.log'), 'utf8').trimEnd().split('\n')
  const before = read().length
  return () =>
    read()
      .slice(before)
      .map(line => JSON.parse(line) as AuditEntry)
}

/** Whether a request was about an object, whatever it was. */
export function isAbout({ objectRef }: AuditEntry, ref: ObjectRef): boolean {
  const { apiGroup = '', name = '', namespace = '', resource = '' } = objectRef ?? {}
  const kind = `${ref.kind.toLowerCase()}s`
  return apiGroup === ref.group && name === ref.name && namespace === ref.namespace && resource === kind
}

/** A request in one line. */
export function tellEntry({ objectRef = { resource: '' }, requestURI, responseStatus, verb }: AuditEntry): string {
  const { name = '', namespace = '', resource, subresource } = objectRef
  const dry = requestURI.includes('dryRun=') ? ' (dry run)' : ''
  const part = subresource === undefined ? '' : `/${subresource}`
  return `${verb} ${resource}${part} ${namespace}/${name} ${responseStatus?.code}${dry}`
}
