import type { JsonObject, JsonValue } from '../../../src/manifest/json.ts'
import type { Random } from './random.ts'

/** A kind that sequences are made of, and how partial objects of it come about. */
export interface SequenceKind {
  readonly apiVersion: string
  readonly kind: string
  /** `/apis/apps/v1`, … */
  readonly prefix: string
  readonly plural: string
  /** Everything but `apiVersion`, `kind` and the name; `whole` has all that a create needs. */
  readonly content: (random: Random, whole: boolean) => JsonObject
  /** Paths that edits and JSON patches may set or remove, with values. */
  readonly edits: (random: Random) => readonly Edit[]
}

export interface Edit {
  /** Field names, and indexes of lists; `-` appends. */
  readonly path: readonly (string | number)[]
  /** Undefined removes. */
  readonly value: JsonValue | undefined
}

const names = ['a', 'b', 'c', 'd'] as const

function textMap(random: Random, values = ['1', '2', '']): JsonObject {
  return Object.fromEntries(random.some(names).map(name => [name, random.pick(values)]))
}

function metadata(random: Random): JsonObject {
  return {
    ...(random.chance(0.4) ? { labels: textMap(random) } : {}),
    ...(random.chance(0.3) ? { annotations: textMap(random, ['x', 'y&<z>']) } : {}),
  }
}

function metadataEdits(random: Random): readonly Edit[] {
  const name = random.pick(names)
  return [
    { path: ['metadata', 'labels', name], value: random.pick(['1', '2', undefined]) },
    { path: ['metadata', 'annotations', name], value: random.pick(['x', undefined]) },
    { path: ['metadata', 'labels'], value: random.chance(0.5) ? undefined : textMap(random) },
  ]
}

function maybe(random: Random, probability: number, field: string, value: () => JsonValue): JsonObject {
  return random.chance(probability) ? { [field]: value() } : {}
}

function container(random: Random, name: string, whole: boolean): JsonObject {
  return {
    name,
    ...(whole || random.chance(0.6) ? { image: random.pick(['app:1', 'app:2']) } : {}),
    ...maybe(random, 0.4, 'env', () =>
      random
        .some(['A', 'B', 'C'])
        .map(env => ({ name: env, ...maybe(random, 0.8, 'value', () => random.pick(['1', '2'])) })),
    ),
    ...maybe(random, 0.4, 'ports', () =>
      random.some([80, 81, 443]).map(containerPort => ({
        containerPort,
        ...maybe(random, 0.5, 'protocol', () => random.pick(['TCP', 'UDP'])),
        ...maybe(random, 0.3, 'name', () => `p${containerPort}`),
      })),
    ),
    ...maybe(random, 0.3, 'args', () => random.some(['--x', '--y', '--z'])),
    ...maybe(random, 0.3, 'resources', () =>
      random.pick<JsonValue>([{}, { limits: { cpu: '1' } }, { requests: { memory: '1Gi' } }]),
    ),
  }
}

export const deployment: SequenceKind = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  prefix: '/apis/apps/v1',
  plural: 'deployments',
  content: (random, whole) => ({
    metadata: metadata(random),
    spec: {
      ...maybe(random, 0.5, 'replicas', () => random.below(4)),
      ...maybe(random, 0.2, 'minReadySeconds', () => random.below(2)),
      ...maybe(random, 0.2, 'paused', () => random.chance(0.5)),
      selector: { matchLabels: { app: 'x' } },
      ...maybe(random, 0.2, 'strategy', () => random.pick<JsonValue>([{ type: 'RollingUpdate' }, {}])),
      template: {
        metadata: { labels: { app: 'x', ...(random.chance(0.3) ? textMap(random) : {}) } },
        spec: {
          containers: random.some(names, 1).map(name => container(random, name, whole)),
          ...maybe(random, 0.3, 'volumes', () =>
            random
              .some(['v', 'w'])
              .map(name => ({ name, ...(random.chance(0.7) ? { emptyDir: {} } : { configMap: { name } }) })),
          ),
          ...maybe(random, 0.2, 'nodeSelector', () => textMap(random)),
          ...maybe(random, 0.2, 'tolerations', () => [{ key: random.pick(names), operator: 'Exists' }]),
          ...maybe(random, 0.2, 'imagePullSecrets', () => random.some(names).map(name => ({ name }))),
        },
      },
    },
  }),
  edits: random => [
    ...metadataEdits(random),
    { path: ['spec', 'replicas'], value: random.below(4) },
    { path: ['spec', 'template', 'spec', 'containers', 0, 'image'], value: random.pick(['app:1', 'app:3']) },
    {
      path: ['spec', 'template', 'spec', 'containers', 0, 'env'],
      value: random.pick<JsonValue | undefined>([undefined, [{ name: 'A', value: '9' }]]),
    },
    { path: ['spec', 'template', 'spec', 'containers', '-'], value: container(random, random.pick(names), true) },
    { path: ['spec', 'template', 'spec', 'containers', 0], value: container(random, random.pick(names), true) },
    {
      path: ['spec', 'template', 'spec', 'nodeSelector'],
      value: random.pick<JsonValue | undefined>([undefined, { a: '3' }]),
    },
    { path: ['spec', 'paused'], value: random.pick([true, undefined]) },
  ],
}

export const service: SequenceKind = {
  apiVersion: 'v1',
  kind: 'Service',
  prefix: '/api/v1',
  plural: 'services',
  content: (random, whole) => ({
    metadata: metadata(random),
    spec: {
      ...maybe(random, 0.5, 'selector', () => textMap(random)),
      ...(whole || random.chance(0.7)
        ? {
            ports: random.some([80, 81, 443], 1).map(port => ({
              port,
              name: `p${port}`,
              ...maybe(random, 0.4, 'protocol', () => 'TCP'),
              ...maybe(random, 0.4, 'targetPort', () => random.pick<JsonValue>([8080, 'http'])),
            })),
          }
        : {}),
      ...maybe(random, 0.2, 'sessionAffinity', () => random.pick(['None', 'ClientIP'])),
      ...maybe(random, 0.2, 'externalIPs', () => random.some(['10.0.0.1', '10.0.0.2'])),
    },
  }),
  edits: random => [
    ...metadataEdits(random),
    { path: ['spec', 'selector'], value: random.pick<JsonValue | undefined>([undefined, { a: '7' }]) },
    { path: ['spec', 'ports', 0, 'targetPort'], value: random.pick<JsonValue>([1, 'x']) },
    { path: ['spec', 'ports', '-'], value: { name: 'new', port: random.pick([90, 80]) } },
    { path: ['spec', 'sessionAffinity'], value: random.pick(['None', 'ClientIP', undefined]) },
  ],
}

export const configMap: SequenceKind = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  prefix: '/api/v1',
  plural: 'configmaps',
  content: random => ({
    metadata: { ...metadata(random), ...maybe(random, 0.2, 'finalizers', () => random.some(['x.io/a', 'x.io/b'])) },
    ...maybe(random, 0.8, 'data', () => textMap(random)),
    ...maybe(random, 0.2, 'binaryData', () => ({ bin: random.pick(['AA==', 'AQ==']) })),
  }),
  edits: random => [
    ...metadataEdits(random),
    { path: ['data', random.pick(names)], value: random.pick(['1', '5', undefined]) },
    { path: ['data'], value: random.pick<JsonValue | undefined>([undefined, {}, { a: '6' }]) },
    { path: ['metadata', 'finalizers'], value: random.pick<JsonValue | undefined>([undefined, ['x.io/a']]) },
  ],
}

export const ingress: SequenceKind = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  prefix: '/apis/networking.k8s.io/v1',
  plural: 'ingresses',
  content: random => ({
    metadata: metadata(random),
    spec: {
      ...maybe(random, 0.4, 'ingressClassName', () => random.pick(['nginx', 'other'])),
      defaultBackend: {
        service: { name: random.pick(names), port: random.pick<JsonValue>([{ number: 80 }, { number: 81 }]) },
      },
      ...maybe(random, 0.6, 'rules', () =>
        random.some(['a.example', 'b.example']).map(host => ({
          host,
          http: {
            paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 's', port: { number: 80 } } } }],
          },
        })),
      ),
      ...maybe(random, 0.3, 'tls', () => [{ hosts: random.some(['a.example', 'b.example'], 1), secretName: 't' }]),
    },
  }),
  edits: random => [
    ...metadataEdits(random),
    { path: ['spec', 'ingressClassName'], value: random.pick(['nginx', undefined]) },
    { path: ['spec', 'tls'], value: undefined },
    { path: ['spec', 'defaultBackend', 'service', 'name'], value: random.pick(names) },
  ],
}

export const role: SequenceKind = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'Role',
  prefix: '/apis/rbac.authorization.k8s.io/v1',
  plural: 'roles',
  content: random => ({
    metadata: metadata(random),
    ...maybe(random, 0.8, 'rules', () =>
      random
        .some(['pods', 'secrets', 'services'])
        .map(resource => ({ apiGroups: [''], resources: [resource], verbs: ['get'] })),
    ),
  }),
  edits: random => [
    ...metadataEdits(random),
    {
      path: ['rules'],
      value: random.pick<JsonValue | undefined>([undefined, [], [{ apiGroups: [''], resources: ['x'], verbs: ['*'] }]]),
    },
    { path: ['rules', 0, 'verbs'], value: ['get', 'list'] },
  ],
}

export const widget: SequenceKind = {
  apiVersion: 'sequences.lockstep.test/v1',
  kind: 'Widget',
  prefix: '/apis/sequences.lockstep.test/v1',
  plural: 'widgets',
  content: random => ({
    metadata: metadata(random),
    spec: {
      ...maybe(random, 0.6, 'items', () =>
        random.some(names).map(name => ({
          name,
          ...maybe(random, 0.5, 'port', () => random.pick([1, 2])),
          ...maybe(random, 0.5, 'value', () => random.pick(['x', 'y'])),
        })),
      ),
      ...maybe(random, 0.5, 'tags', () => random.some(['red', 'green', 'blue', '<&>'])),
      ...maybe(random, 0.3, 'numbers', () => random.some([1, 2, 30])),
      ...maybe(random, 0.4, 'whole', () => random.some(names).map(name => ({ name }))),
      ...maybe(random, 0.4, 'sealed', () => textMap(random)),
      ...maybe(random, 0.4, 'open', () => ({
        ...textMap(random),
        ...maybe(random, 0.5, 'deep', () => ({ list: random.some([1, 2]), map: textMap(random) })),
      })),
      ...maybe(random, 0.4, 'nested', () => ({
        ...maybe(random, 0.5, 'left', () => random.pick(['l', 'm'])),
        ...maybe(random, 0.5, 'right', () => ({ count: random.below(3) })),
      })),
      ...maybe(random, 0.3, 'size', () => random.pick<JsonValue>([1, '50%'])),
      ...maybe(random, 0.3, 'level', () => random.below(5)),
    },
    ...maybe(random, 0.2, 'status', () => ({ phase: 'Ready' })),
  }),
  edits: random => [
    ...metadataEdits(random),
    { path: ['spec', 'items', 0, 'value'], value: random.pick(['x', 'z', undefined]) },
    { path: ['spec', 'items', '-'], value: { name: random.pick(names), value: 'new' } },
    { path: ['spec', 'tags', '-'], value: random.pick(['red', 'black']) },
    { path: ['spec', 'tags'], value: random.pick<JsonValue | undefined>([undefined, ['red'], []]) },
    { path: ['spec', 'sealed'], value: random.pick<JsonValue | undefined>([undefined, { a: '9' }]) },
    { path: ['spec', 'open', 'deep'], value: random.pick<JsonValue | undefined>([undefined, { list: [3] }]) },
    { path: ['spec', 'nested', 'left'], value: random.pick(['n', undefined]) },
    { path: ['spec', 'level'], value: random.below(5) },
  ],
}

/** The kind above, with keyed lists, sets, atomic and open parts, defaults and a status subresource. */
export const widgetCrd: JsonObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.sequences.lockstep.test' },
  spec: {
    group: 'sequences.lockstep.test',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: ['v1', 'v1beta1'].map(name => ({
      name,
      served: true,
      storage: name === 'v1',
      subresources: { status: {} },
      schema: {
        openAPIV3Schema: {
          type: 'object',
          properties: {
            spec: {
              type: 'object',
              properties: {
                items: {
                  type: 'array',
                  'x-kubernetes-list-type': 'map',
                  'x-kubernetes-list-map-keys': ['name', 'port'],
                  items: {
                    type: 'object',
                    required: ['name'],
                    properties: {
                      name: { type: 'string' },
                      port: { type: 'integer', default: 1 },
                      value: { type: 'string' },
                    },
                  },
                },
                tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
                numbers: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'integer' } },
                whole: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } },
                sealed: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: { type: 'string' } },
                open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                nested: {
                  type: 'object',
                  properties: {
                    left: { type: 'string' },
                    right: { type: 'object', properties: { count: { type: 'integer' } } },
                  },
                },
                size: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
                level: { type: 'integer', default: 3 },
              },
            },
            status: { type: 'object', properties: { phase: { type: 'string' } } },
          },
        },
      },
    })),
  },
}

export const sequenceKinds: readonly SequenceKind[] = [deployment, service, configMap, ingress, role, widget]
