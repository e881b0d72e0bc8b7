import * as fc from 'fast-check'
import type { JsonObject, JsonValue } from '../../src/manifest/json.ts'
import { toYaml } from '../../src/manifest/yaml/to-yaml.ts'

/** Files of a tree whose `overlay` is built. */
export type Files = Readonly<Record<string, string>>

const odd = fc.constantFrom(
  ...['true', 'no', 'on', '~', '"1"', '1', '01', '0x1f', '1e3', '1.0', '1_000', '2024-01-02', '12:30:45', "'q'", '""'],
  ...[
    '|\n      two\n      lines\n',
    '>-\n      folded\n      text\n',
    'a: b',
    '@at',
    '<<',
    'ünï 😀',
    '-',
    '[x]',
    '{a: b}',
  ],
)
const name = fc.constantFrom('web', 'api', 'db', 'job')
const short = fc.constantFrom('a', 'b', 'app', 'tier', 'k1')
const labels = fc.dictionary(short, fc.constantFrom('x', 'y', 'web', '1', 'true', 'on'), { minKeys: 1, maxKeys: 3 })

const container = fc.record(
  {
    name: fc.constantFrom('main', 'side', 'init'),
    image: fc.constantFrom(
      'nginx',
      'nginx:1.25',
      'registry.local:5000/team/app:2',
      'redis@sha256:aa',
      'ghcr.io/a/b:v1',
    ),
    args: fc.array(fc.constantFrom('--x', 'yes', '10', '$(VAR)'), { maxLength: 2 }),
    ports: fc.array(
      fc.record(
        {
          containerPort: fc.constantFrom(80, 8080),
          name: fc.constantFrom('http', 'p'),
          protocol: fc.constantFrom('TCP', 'UDP'),
        },
        { requiredKeys: ['containerPort'] },
      ),
      { maxLength: 2 },
    ),
    env: fc.array(
      fc.oneof(
        fc.record({ name: short, value: fc.constantFrom('v', '1', 'true', '') }),
        fc.record({
          name: short,
          valueFrom: fc.record({ configMapKeyRef: fc.record({ name: fc.constantFrom('cfg', 'gen'), key: short }) }),
        }),
      ),
      { maxLength: 2 },
    ),
  },
  { requiredKeys: ['name', 'image'] },
)

const podSpec = fc.record(
  {
    containers: fc.uniqueArray(container, { minLength: 1, maxLength: 2, selector: item => item.name }),
    serviceAccountName: fc.constantFrom('sa', 'other'),
    volumes: fc.array(
      fc.oneof(
        fc.record({ name: short, configMap: fc.record({ name: fc.constantFrom('cfg', 'gen') }) }),
        fc.record({ name: short, secret: fc.record({ secretName: fc.constantFrom('sec', 'gensec') }) }),
        fc.record({ name: short, emptyDir: fc.constant({}) }),
      ),
      { maxLength: 2 },
    ),
  },
  { requiredKeys: ['containers'] },
)

const meta = (kindName: fc.Arbitrary<string>): fc.Arbitrary<JsonObject> =>
  fc.record(
    { name: kindName, labels, annotations: labels, namespace: fc.constantFrom('src', 'default') },
    { requiredKeys: ['name'] },
  ) as fc.Arbitrary<JsonObject>

const template = fc.record({ metadata: fc.record({ labels }), spec: podSpec })

const object = fc.oneof(
  fc.record({
    apiVersion: fc.constant('apps/v1'),
    kind: fc.constantFrom('Deployment', 'StatefulSet', 'DaemonSet'),
    metadata: meta(name),
    spec: fc.record(
      { replicas: fc.constantFrom(0, 1, 3), selector: fc.record({ matchLabels: labels }), template },
      { requiredKeys: ['selector', 'template'] },
    ),
  }),
  fc.record({
    apiVersion: fc.constant('batch/v1'),
    kind: fc.constant('CronJob'),
    metadata: meta(name),
    spec: fc.record({ schedule: fc.constant('* * * * *'), jobTemplate: fc.record({ spec: fc.record({ template }) }) }),
  }),
  fc.record({
    apiVersion: fc.constant('v1'),
    kind: fc.constant('Service'),
    metadata: meta(name),
    spec: fc.record({
      selector: labels,
      ports: fc.array(fc.record({ port: fc.constantFrom(80, 443), name: short }, { requiredKeys: ['port'] }), {
        maxLength: 2,
      }),
    }),
  }),
  fc.record({
    apiVersion: fc.constant('v1'),
    kind: fc.constant('ConfigMap'),
    metadata: meta(fc.constant('cfg')),
    data: labels,
  }),
  fc.record({
    apiVersion: fc.constant('v1'),
    kind: fc.constant('Secret'),
    metadata: meta(fc.constant('sec')),
    stringData: labels,
  }),
  fc.record({ apiVersion: fc.constant('v1'), kind: fc.constant('ServiceAccount'), metadata: meta(fc.constant('sa')) }),
  fc.record({
    apiVersion: fc.constant('v1'),
    kind: fc.constant('Namespace'),
    metadata: fc.record({ name: fc.constantFrom('src', 'prod') }),
  }),
  fc.record({
    apiVersion: fc.constant('rbac.authorization.k8s.io/v1'),
    kind: fc.constantFrom('RoleBinding', 'ClusterRoleBinding'),
    metadata: meta(fc.constant('bind')),
    roleRef: fc.record({
      apiGroup: fc.constant('rbac.authorization.k8s.io'),
      kind: fc.constantFrom('Role', 'ClusterRole'),
      name: fc.constant('role'),
    }),
    subjects: fc.array(
      fc.record(
        {
          kind: fc.constant('ServiceAccount'),
          name: fc.constantFrom('sa', 'default'),
          namespace: fc.constantFrom('src', 'x'),
        },
        { requiredKeys: ['kind', 'name'] },
      ),
      { maxLength: 2 },
    ),
  }),
  fc.record({
    apiVersion: fc.constant('networking.k8s.io/v1'),
    kind: fc.constant('Ingress'),
    metadata: meta(name),
    spec: fc.record({ defaultBackend: fc.record({ service: fc.record({ name, port: fc.constant({ number: 80 }) }) }) }),
  }),
  fc.record({
    apiVersion: fc.constant('example.com/v1'),
    kind: fc.constant('Widget'),
    metadata: meta(name),
    spec: fc.record({
      size: fc.nat(9),
      template,
      items: fc.array(fc.record({ name: short, value: short }), { maxLength: 2 }),
    }),
  }),
)

interface Identified extends JsonObject {
  readonly kind: string
  readonly metadata: JsonObject
}

const objects = fc
  .uniqueArray(object, {
    minLength: 1,
    maxLength: 6,
    selector: value =>
      `${value.kind}/${String((value.metadata as JsonObject)['name'])}/${String((value.metadata as JsonObject)['namespace'] ?? 'default')}`,
  })
  .map(list => list as unknown as readonly Identified[])

/** A manifest whose last field is text as people write it, with all that YAML makes of it. */
const oddManifest = fc
  .array(odd, { minLength: 1, maxLength: 4 })
  .map(
    values =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: odd\ndata:\n${values.map((v, i) => `    o${i}: ${v}`).join('\n')}\n`,
  )

const selector = fc.oneof(
  fc.constant({ kind: 'Deployment' }),
  fc.constant({ kind: '.*Set' }),
  fc.constant({ name: 'w.*' }),
  fc.constant({ labelSelector: 'app' }),
  fc.constant({ kind: 'ConfigMap', name: 'cfg' }),
)

const patch = fc.oneof(
  fc.record({
    target: selector,
    patch: fc.constantFrom(
      '- op: add\n  path: /metadata/annotations/patched\n  value: "yes"\n',
      '- op: replace\n  path: /metadata/labels/app\n  value: z\n',
      '- op: remove\n  path: /metadata/labels\n',
      '- op: add\n  path: /spec/template/spec/containers/-\n  value: {name: added, image: nginx}\n',
      'apiVersion: v1\nkind: Any\nmetadata:\n  name: any\n  labels:\n    merged: "1"\n    app: null\n',
      'apiVersion: v1\nkind: Any\nmetadata:\n  name: any\nspec:\n  template:\n    spec:\n      containers:\n      - name: main\n        image: patched\n        ports:\n        - containerPort: 80\n          protocol: UDP\n      - name: side\n        $patch: delete\n',
      '$patch: delete\napiVersion: v1\nkind: Any\nmetadata:\n  name: any\n',
    ),
  }),
  fc.record({
    patch: fc.constantFrom(
      'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 7\n',
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: cfg\ndata:\n  added: "1"\n',
    ),
  }),
)

const replacement = fc.record({
  source: fc.constantFrom<JsonValue>(
    { kind: 'ConfigMap', name: 'cfg', fieldPath: 'data.app' },
    { kind: 'Service', fieldPath: 'metadata.name' },
    {
      kind: 'Deployment',
      name: 'web',
      fieldPath: 'spec.template.spec.containers.0.image',
      options: { delimiter: ':', index: 0 },
    },
  ),
  targets: fc.constantFrom<JsonValue>(
    [{ select: { kind: 'Deployment' }, fieldPaths: ['metadata.annotations.from'], options: { create: true } }],
    [{ select: { kind: 'Widget' }, fieldPaths: ['spec.items.*.value'] }],
    [
      {
        select: { kind: '.*' },
        reject: [{ kind: 'Namespace' }],
        fieldPaths: ['metadata.labels.r'],
        options: { create: true },
      },
    ],
    [{ select: { kind: 'Deployment' }, fieldPaths: ['spec.template.spec.containers.[name=main].image'] }],
  ),
})

const generator = fc.record(
  {
    name: fc.constantFrom('gen', 'cfg'),
    behavior: fc.constantFrom('create', 'merge', 'replace'),
    envs: fc.constant(['some.env']),
    files: fc.constantFrom(['conf.yaml'], ['renamed.txt=some.env']),
    namespace: fc.constant('prod'),
    literals: fc.uniqueArray(fc.constantFrom('a=b', 'c=true', 'd="q"', 'e=x=y', 'f='), { minLength: 1 }),
    options: fc.record({ disableNameSuffixHash: fc.boolean(), immutable: fc.boolean(), labels }, { requiredKeys: [] }),
  },
  { requiredKeys: ['name', 'literals'] },
)

const variable = fc.record({
  name: fc.constantFrom('VAR', 'OTHER'),
  objref: fc.constantFrom<JsonValue>(
    { apiVersion: 'v1', kind: 'Service', name: 'web' },
    { apiVersion: 'v1', kind: 'ConfigMap', name: 'cfg' },
    { apiVersion: 'apps/v1', kind: 'Deployment', name: 'api' },
  ),
  fieldref: fc.constantFrom<JsonValue>({}, { fieldpath: 'metadata.namespace' }, { fieldPath: 'data.app' }),
})

/** Plugins as they are written into `transformers:` and `generators:`. */
const plugin = (kind: string, fields: string): string =>
  `apiVersion: builtin\nkind: ${kind}\nmetadata:\n  name: plugin\n${fields}`
const transformer = fc.constantFrom(
  plugin('PrefixTransformer', 'prefix: t-\nfieldSpecs:\n- {path: metadata/name}\n- {path: spec/name, kind: Widget}\n'),
  plugin('SuffixTransformer', 'suffix: -t\nfieldSpecs:\n- {path: metadata/name, kind: Deployment}\n'),
  plugin('LabelTransformer', 'labels: {t: "1"}\nfieldSpecs:\n- {path: metadata/labels, create: true}\n'),
  plugin(
    'AnnotationsTransformer',
    'annotations: {t: "on"}\nfieldSpecs:\n- {path: metadata/annotations, create: true}\n',
  ),
  plugin('ImageTagTransformer', 'imageTag: {name: nginx, newTag: v3}\nfieldSpecs:\n- {path: spec/image}\n'),
  plugin(
    'ReplicaCountTransformer',
    'replica: {name: web, count: 9}\nfieldSpecs:\n- {path: spec/replicas, kind: Deployment}\n',
  ),
  plugin('NamespaceTransformer', 'unsetOnly: true\nfieldSpecs:\n- {path: metadata/namespace, create: true}\n').replace(
    'name: plugin',
    'name: plugin\n  namespace: late',
  ),
  plugin('PatchTransformer', 'target: {kind: Service}\npatch: |-\n  - {op: add, path: /spec/type, value: NodePort}\n'),
)
const pluginGenerator = fc.constantFrom(
  plugin('ConfigMapGenerator', 'literals: [x=1, y="2"]\nenvs: [some.env]\n'),
  plugin('SecretGenerator', 'files: [some.env, k=conf.yaml]\noptions: {disableNameSuffixHash: true}\n'),
)

/** Files that stand beside every kustomization, for the fields that name files. */
const companions: Files = {
  'some.env': 'A=1\n# comment\nB="two"\n\nC=x=y\n',
  'conf.yaml': `nameReference:
- kind: ConfigMap
  version: v1
  fieldSpecs:
  - {kind: Widget, path: spec/configRef/name}
varReference:
- {kind: Widget, path: spec/text}
commonLabels:
- {kind: Widget, path: spec/labels, create: true}
namePrefix:
- {path: metadata/name}
images:
- {kind: Widget, path: spec/image}
`,
  'replace.yaml': `- source: {kind: Service, fieldPath: metadata.name}
  targets:
  - select: {kind: Deployment}
    fieldPaths: [spec.template.spec.containers.*.image]
    options: {delimiter: "/", index: 0}
`,
  'merge.yaml':
    'apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - port: 80\n    targetPort: 8080\n  $patch: merge\n',
}

const fields = {
  vars: fc.uniqueArray(variable, { maxLength: 2, selector: ({ name: own }) => own }),
  transformers: fc.array(transformer, { maxLength: 2 }),
  generators: fc.array(pluginGenerator, { maxLength: 1 }),
  configurations: fc.constant(['conf.yaml']),
  patchesStrategicMerge: fc.constantFrom<JsonValue>(
    ['merge.yaml'],
    [
      'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      volumes: null\n',
    ],
    ['$patch: delete\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: cfg\n'],
  ),
  patchesJson6902: fc.constantFrom<JsonValue>(
    [
      {
        target: { version: 'v1', kind: 'Service', name: 'web' },
        patch: '[{"op": "add", "path": "/spec/x", "value": [1]}]',
      },
    ],
    [
      {
        target: { group: 'apps', version: 'v1', kind: 'Deployment', name: 'web' },
        patch: '- {op: test, path: /spec/replicas, value: 1}\n- {op: move, from: /spec/replicas, path: /spec/r}\n',
      },
    ],
  ),
  namePrefix: fc.constantFrom('p-', 'x'),
  nameSuffix: fc.constantFrom('-s', '-v1'),
  namespace: fc.constantFrom('prod', 'src', 'default'),
  commonLabels: labels,
  commonAnnotations: labels,
  labels: fc.array(
    fc.record(
      { pairs: labels, includeSelectors: fc.boolean(), includeTemplates: fc.boolean() },
      { requiredKeys: ['pairs'] },
    ),
    { maxLength: 2 },
  ),
  images: fc.array(
    fc.record(
      {
        name: fc.constantFrom('nginx', 'registry.local:5000/team/app', 'redis'),
        newTag: fc.constantFrom('v9', '1.0'),
        newName: fc.constant('mirror/x'),
      },
      { requiredKeys: ['name'] },
    ),
    { maxLength: 2 },
  ),
  replicas: fc.array(fc.record({ name, count: fc.nat(5) }), { maxLength: 1 }),
  patches: fc.array(patch, { maxLength: 2 }),
  replacements: fc.array(fc.oneof(replacement, fc.constant({ path: 'replace.yaml' })), { maxLength: 2 }),
  configMapGenerator: fc.array(generator, { maxLength: 1 }),
  secretGenerator: fc.constant([{ name: 'gensec', literals: ['p=1'] }]),
  generatorOptions: fc.constantFrom<JsonValue>(
    { disableNameSuffixHash: true },
    { labels: { g: 'o' }, annotations: { h: 'i' } },
  ),
  buildMetadata: fc.subarray(['originAnnotations', 'transformerAnnotations', 'managedByLabel']),
  sortOptions: fc.constantFrom<JsonValue>(
    { order: 'fifo' },
    { order: 'legacy' },
    { order: 'legacy', legacySortOptions: { orderFirst: ['Service', 'Widget'], orderLast: ['Namespace'] } },
  ),
}

const kustomization = (resources: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(fc.record(fields, { requiredKeys: [] }), fc.subarray(Object.keys(fields), { maxLength: 4 }))
    .map(([all, wanted]) => Object.fromEntries(Object.entries(all).filter(([field]) => wanted.includes(field))))
    .map(chosen => {
      const some =
        Object.keys(chosen).length === 0 && resources.length === 0 ? { commonAnnotations: { c: 'd' } } : chosen
      return toYaml({ ...(resources.length === 0 ? {} : { resources: [...resources] }), ...some })
    })

const besides = (folder: string): Files =>
  Object.fromEntries(Object.entries(companions).map(([file, text]) => [`${folder}/${file}`, text]))

/** A base, an overlay, and sometimes a component and a second base. */
export const randomTree: fc.Arbitrary<Files> = fc
  .record({
    base: objects,
    odd: fc.option(oddManifest),
    baseKustomization: kustomization(['all.yaml']),
    overlay: objects,
    overlayKustomization: kustomization(['../base', 'more.yaml']),
    component: fc.option(kustomization([])),
  })
  .map(tree => {
    const component = tree.component === null ? '' : 'components:\n- ../component\n'
    return {
      ...besides('base'),
      ...besides('overlay'),
      ...(tree.component === null ? {} : besides('component')),
      'base/kustomization.yaml': tree.baseKustomization,
      'base/all.yaml': [...tree.base.map(value => toYaml(value)), ...(tree.odd === null ? [] : [tree.odd])].join(
        '---\n',
      ),
      'overlay/kustomization.yaml': component + tree.overlayKustomization,
      'overlay/more.yaml': tree.overlay.map(value => toYaml(value)).join('---\n'),
      ...(tree.component === null
        ? {}
        : {
            'component/kustomization.yaml': `kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\n${tree.component}`,
          }),
    }
  })
