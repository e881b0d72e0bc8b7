import type { Kind } from '../../kind.ts'
import { ageColumn, column, nameColumn } from '../columns.ts'
import { defineKind } from '../define.ts'
import { asJson, asKube, at, labelsAt, objectAt, textAt, textsAt, withAt } from '../schema/value.ts'

const nameLabel = 'kubernetes.io/metadata.name'

/** `v1` Namespace. Its own finalizers are in the spec; it ends when the namespace controller has emptied it. */
export const namespace: Kind = defineKind({
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns'],
  scope: 'cluster',
  nameRule: 'dns1123Label',
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  subresources: ['status', 'finalize'],
  columns: [nameColumn, column('Status', object => textAt(object, 'status', 'phase')), ageColumn],
  selectableFields: { 'status.phase': object => textAt(object, 'status', 'phase') },
  defaults: {
    'core/v1.Namespace': object => {
      const name = textAt(object, 'metadata', 'name')
      if (name === '' || labelsAt(object, 'metadata', 'labels')[nameLabel] === name) return object
      return withAt(object, ['metadata', 'labels', nameLabel], name)
    },
    'core/v1.NamespaceStatus': status => (textAt(status, 'phase') === '' ? { ...status, phase: 'Active' } : status),
  },
  initialStatus: () => ({ phase: 'Active' }),
  strategy: {
    prepareForCreate(object) {
      const finalizers = textsAt(object, 'spec', 'finalizers')
      if (finalizers.includes('kubernetes')) return object
      return asKube(withAt(asJson(object), ['spec', 'finalizers'], [...finalizers, 'kubernetes']))
    },
    prepareForUpdate: (object, old) =>
      asKube(
        withAt(asJson(object), ['spec'], {
          ...objectAt(object, 'spec'),
          finalizers: at(old, 'spec', 'finalizers') ?? null,
        }),
      ),
  },
})
