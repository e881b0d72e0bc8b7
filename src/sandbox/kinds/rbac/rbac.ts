import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../../../manifest/json.ts'
import { child, invalid, notSupported, required } from '../../field-error.ts'
import type { Column, Kind } from '../../kind.ts'
import { nameErrors } from '../../registry/names.ts'
import { checkLabelSelector, type Errors } from '../checks.ts'
import { ageColumn, column, nameColumn } from '../columns.ts'
import { defineKind } from '../define.ts'
import type { StructDefaults } from '../schema/normalize.ts'
import { at, has, objectAt, objectsAt, textAt, textsAt, withUnset } from '../schema/value.ts'

const group = 'rbac.authorization.k8s.io'
const createdAt: Column = {
  ...column('Created At', object => textAt(object, 'metadata', 'creationTimestamp')),
  type: 'date',
}

/** `rbac.authorization.k8s.io/v1` Role. */
export const role: Kind = defineKind({
  group,
  kind: 'Role',
  plural: 'roles',
  nameRule: 'pathSegment',
  columns: [nameColumn, createdAt],
  validate: (object, errors) => checkRules(object, true, errors),
})

/** `rbac.authorization.k8s.io/v1` ClusterRole. */
export const clusterRole: Kind = defineKind({
  group,
  kind: 'ClusterRole',
  plural: 'clusterroles',
  scope: 'cluster',
  nameRule: 'pathSegment',
  columns: [nameColumn, createdAt],
  validate(object, errors) {
    checkRules(object, false, errors)
    if (!has(object, 'aggregationRule')) return
    const selectors = objectsAt(object, 'aggregationRule', 'clusterRoleSelectors')
    if (selectors.length === 0)
      errors.push(
        required(
          'aggregationRule.clusterRoleSelectors',
          'at least one clusterRoleSelector required if aggregationRule is non-nil',
        ),
      )
    selectors.forEach((selector, index) => {
      checkLabelSelector(selector, child('aggregationRule.clusterRoleSelectors', index), errors)
    })
  },
})

function checkRules(object: JsonObject, namespaced: boolean, errors: Errors): void {
  objectsAt(object, 'rules').forEach((rule, index) => {
    const path = child('rules', index)
    if (textsAt(rule, 'verbs').length === 0)
      errors.push(required(child(path, 'verbs'), 'verbs must contain at least one value'))
    const urls = textsAt(rule, 'nonResourceURLs')
    if (urls.length > 0) {
      const here = child(path, 'nonResourceURLs')
      if (namespaced) errors.push(invalid(here, urls, 'namespaced rules cannot apply to non-resource URLs'))
      if (['apiGroups', 'resources', 'resourceNames'].some(field => textsAt(rule, field).length > 0))
        errors.push(invalid(here, urls, 'rules cannot apply to both regular resources and non-resource URLs'))
      return
    }
    if (textsAt(rule, 'apiGroups').length === 0)
      errors.push(required(child(path, 'apiGroups'), 'resource rules must supply at least one api group'))
    if (textsAt(rule, 'resources').length === 0)
      errors.push(required(child(path, 'resources'), 'resource rules must supply at least one resource'))
  })
}

const bindingDefaults: StructDefaults = {
  'rbac/v1.RoleRef': reference => withUnset(reference, { apiGroup: group }),
  'rbac/v1.Subject': subject =>
    ['User', 'Group'].includes(textAt(subject, 'kind')) ? withUnset(subject, { apiGroup: group }) : subject,
}

const subjects = (kind: string) => (object: JsonObject) =>
  objectsAt(object, 'subjects')
    .filter(subject => textAt(subject, 'kind') === kind)
    .map(subject =>
      kind === 'ServiceAccount' && textAt(subject, 'namespace') !== ''
        ? `${textAt(subject, 'namespace')}/${textAt(subject, 'name')}`
        : textAt(subject, 'name'),
    )
    .join(', ')

const bindingColumns: readonly Column[] = [
  nameColumn,
  column('Role', object => `${textAt(object, 'roleRef', 'kind')}/${textAt(object, 'roleRef', 'name')}`),
  ageColumn,
  column('Users', subjects('User'), { wide: true }),
  column('Groups', subjects('Group'), { wide: true }),
  column('ServiceAccounts', subjects('ServiceAccount'), { wide: true }),
]

/** `rbac.authorization.k8s.io/v1` RoleBinding. */
export const roleBinding: Kind = binding('RoleBinding', 'rolebindings', true)

/** `rbac.authorization.k8s.io/v1` ClusterRoleBinding. */
export const clusterRoleBinding: Kind = binding('ClusterRoleBinding', 'clusterrolebindings', false)

function binding(kind: string, plural: string, namespaced: boolean): Kind {
  return defineKind({
    group,
    kind,
    plural,
    ...(namespaced ? {} : { scope: 'cluster' as const }),
    nameRule: 'pathSegment',
    defaults: bindingDefaults,
    columns: bindingColumns,
    validate: (object, errors) => checkBinding(object, namespaced, errors),
    validateUpdate(object, old, errors) {
      checkBinding(object, namespaced, errors)
      if (!isDeepStrictEqual(at(object, 'roleRef'), at(old, 'roleRef')))
        errors.push(invalid('roleRef', inGoNames(objectAt(object, 'roleRef')), 'cannot change roleRef'))
    },
  })
}

/** The server prints its internal type here, whose fields have Go's names. */
function inGoNames(reference: JsonObject): JsonObject {
  return {
    APIGroup: textAt(reference, 'apiGroup'),
    Kind: textAt(reference, 'kind'),
    Name: textAt(reference, 'name'),
  }
}

function checkBinding(object: JsonObject, namespaced: boolean, errors: Errors): void {
  const reference = objectAt(object, 'roleRef')
  const apiGroup = textAt(reference, 'apiGroup')
  if (apiGroup !== group) errors.push(notSupported('roleRef.apiGroup', apiGroup, [group]))
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole']
  const kind = textAt(reference, 'kind')
  if (!kinds.includes(kind)) errors.push(notSupported('roleRef.kind', kind, kinds))
  const name = textAt(reference, 'name')
  if (name === '') errors.push(required('roleRef.name'))
  else for (const problem of nameErrors('pathSegment', name)) errors.push(invalid('roleRef.name', name, problem))
  objectsAt(object, 'subjects').forEach((subject, index) => {
    checkSubject(subject, namespaced, child('subjects', index), errors)
  })
}

function checkSubject(subject: JsonObject, namespaced: boolean, path: string, errors: Errors): void {
  const name = textAt(subject, 'name')
  const apiGroup = textAt(subject, 'apiGroup')
  if (name === '') errors.push(required(child(path, 'name')))
  const kind = textAt(subject, 'kind')
  if (kind === 'ServiceAccount') {
    if (name !== '')
      for (const problem of nameErrors('dns1123Subdomain', name))
        errors.push(invalid(child(path, 'name'), name, problem))
    if (apiGroup !== '') errors.push(notSupported(child(path, 'apiGroup'), apiGroup, ['']))
    if (!namespaced && textAt(subject, 'namespace') === '') errors.push(required(child(path, 'namespace')))
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== group) errors.push(notSupported(child(path, 'apiGroup'), apiGroup, [group]))
  } else errors.push(notSupported(child(path, 'kind'), kind, ['ServiceAccount', 'User', 'Group']))
}
