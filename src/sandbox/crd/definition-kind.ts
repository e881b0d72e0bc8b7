import { isObject, type JsonObject } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { timestamp } from '../clock.ts'
import type { Kind } from '../kind.ts'
import { structOfKind } from '../kinds/schema/go-types.ts'
import { normalize } from '../kinds/schema/normalize.ts'
import { asJson, asKube } from '../kinds/schema/value.ts'
import { CLEANUP, specOf, statusOf, withCondition, withStatus } from './definition.ts'
import { definitionErrors, definitionUpdateErrors } from './definition-errors.ts'

/** The kind CustomResourceDefinition itself. */
export const customResourceDefinitionKind: Kind = {
  group: 'apiextensions.k8s.io',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  singular: 'customresourcedefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  namespaced: false,
  versions: [{ version: 'v1' }],
  storageVersion: 'v1',
  subresources: ['status'],
  nameRule: 'dns1123Subdomain',
  columns: [
    { name: 'Name', type: 'string', format: 'name', cell: object => object.metadata.name },
    { name: 'Created At', type: 'date', cell: object => object.metadata.creationTimestamp ?? null },
  ],
  strategy: {
    resetStatusFields: ['metadata'],
    defaults: object => withDefaultNames(asGoWritesIt(object)),
    prepareForCreate: object => {
      const stored = specOf(object).versions?.find(version => version.storage)?.name
      return withStatus(object, {
        conditions: null,
        acceptedNames: { kind: '', plural: '' },
        storedVersions: stored === undefined ? [] : [stored],
      })
    },
    prepareForUpdate: object => {
      const status = statusOf(object)
      const stored = specOf(object).versions?.find(version => version.storage)?.name
      const versions = status.storedVersions ?? []
      if (stored === undefined || versions.includes(stored)) return object
      return withStatus(object, { ...status, storedVersions: [...versions, stored] })
    },
    prepareForDelete: (object, { now }) => {
      const { finalizers = [] } = object.metadata
      const marked = withStatus(object, {
        ...statusOf(object),
        conditions: withCondition(statusOf(object).conditions ?? [], {
          type: 'Terminating',
          status: 'True',
          lastTransitionTime: timestamp(now),
          reason: 'InstanceDeletionPending',
          message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
        }),
      })
      return finalizers.includes(CLEANUP)
        ? marked
        : { ...marked, metadata: { ...marked.metadata, finalizers: [...finalizers, CLEANUP] } }
    },
    validate: definitionErrors,
    validateUpdate: definitionUpdateErrors,
  },
}

const struct = structOfKind('apiextensions.k8s.io/v1', 'CustomResourceDefinition')

/** Nulls and empty fields gone, required ones there, so that what follows can rely on the form. */
function asGoWritesIt(object: KubeObject): KubeObject {
  return struct === undefined ? object : asKube(normalize(struct, asJson(object), {}))
}

function withDefaultNames(object: KubeObject): KubeObject {
  const spec = object['spec']
  if (!isObject(spec as JsonObject)) return object
  const { names, conversion, ...rest } = spec as JsonObject
  if (!isObject(names)) return object
  const kind = typeof names['kind'] === 'string' ? names['kind'] : ''
  const named = {
    ...names,
    ...(names['singular'] === undefined || names['singular'] === '' ? { singular: kind.toLowerCase() } : {}),
    ...(names['listKind'] === undefined || names['listKind'] === '' ? { listKind: `${kind}List` } : {}),
  }
  return { ...object, spec: { ...rest, conversion: conversion ?? { strategy: 'None' }, names: named } } as KubeObject
}
