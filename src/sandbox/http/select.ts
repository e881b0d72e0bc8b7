import { fieldText, matchesFields, parseFieldSelector } from '../../manifest/field-selector.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { matchesLabels, parseSelector } from '../../manifest/selector.ts'
import type { Kind } from '../kind.ts'
import { badRequest, quote } from '../status.ts'

/** A test on objects (in the storage version); `all` where it lets everything through. */
export interface Selection {
  readonly all: boolean
  matches(object: KubeObject): boolean
}

/** Selectors of a request, and the name in its path. Throws 400 in the server's words. */
export function selection(kind: Kind, labels: string, fields: string, name = ''): Selection {
  const label = parseSelector(labels)
  if (label.error !== undefined) throw badRequest(label.error)
  const field = parseFieldSelector(fields)
  if (field.error !== undefined) throw badRequest(field.error)
  for (const one of field.value) checkField(kind, one.field)
  const text = (object: KubeObject) => (path: string) => {
    const selectable = kind.selectableFields?.[path]
    return selectable === undefined ? fieldText(object, path) : selectable(object)
  }
  const all = label.value.length === 0 && field.value.length === 0 && name === ''
  return {
    all,
    matches: object =>
      (name === '' || object.metadata.name === name) &&
      (label.value.length === 0 || matchesLabels(label.value, object.metadata.labels)) &&
      (field.value.length === 0 || matchesFields(field.value, text(object))),
  }
}

function checkField(kind: Kind, field: string): void {
  if (field === 'metadata.name' || field === 'metadata.namespace') return
  if (kind.selectableFields?.[field] !== undefined) return
  throw badRequest(
    kind.custom === true || kind.selectableFields !== undefined
      ? `field label not supported: ${field}`
      : `${quote(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
  )
}
