import { conditions } from './condition.ts'
import { type ApiKind, type ApiObject, statusColumns } from './kind.ts'
import { DURATION, localReference } from './reference.ts'
import { boolean, int64, list, map, object, oneOf, optional, string, type ValueOf } from './schema.ts'

const target = {
  annotationSelector: optional(string('Selector that the annotations must match.')),
  group: optional(string('API group, as an anchored regular expression.')),
  kind: optional(string('Kind, as an anchored regular expression.')),
  labelSelector: optional(string('Selector that the labels must match.')),
  name: optional(string('Name, as an anchored regular expression.')),
  namespace: optional(string('Namespace, as an anchored regular expression.')),
  version: optional(string('API version without the group, as an anchored regular expression.')),
}

const dependency = object(
  'An object that has to be there first: another Kustomization, which must be ready, unless a kind is named.',
  {
    apiVersion: optional(string('API version of the object; that of Kustomizations by default.')),
    kind: optional(string('Kind of the object; Kustomization by default.')),
    name: string('Name of the object.'),
    namespace: optional(string('Its namespace; the same one by default.')),
    ready: optional(boolean('Wait until an object that is no Kustomization is ready, not only there.')),
    readyExpr: optional(
      string('CEL expression over `self` and `dep` that says when it is ready, instead of the built-in check.'),
    ),
  },
  {
    rules: [
      {
        rule: "!has(self.kind) || has(self.apiVersion) || self.kind == 'Kustomization'",
        message: 'apiVersion must be specified for a kind other than Kustomization',
      },
    ],
  },
)

const healthCheckExpr = object('How to tell the health of a custom kind, in CEL over the object.', {
  apiVersion: string('API version of the kind; only the group counts.'),
  current: string('True when the object is as wanted.'),
  failed: optional(string('True when the object cannot get there.')),
  inProgress: optional(string('True when the object is on its way.')),
  kind: optional(string('The kind; every kind of the group by default.')),
})

const healthCheck = object('An object whose health is waited for.', {
  apiVersion: optional(string('API version of the object.')),
  kind: string('Kind of the object.'),
  name: string('Name of the object.'),
  namespace: optional(string('Namespace of the object.')),
})

const image = object('An image to replace wherever it is used.', {
  digest: optional(string('Digest to use instead of a tag.')),
  name: string('Name of the image without tag.'),
  newName: optional(string('Name to use instead.')),
  newTag: optional(string('Tag to use instead.')),
})

const patch = object('A patch on the objects it selects.', {
  patch: string('A strategic merge patch or a JSON patch, as YAML.'),
  target: optional(object('Which objects it is for; a strategic merge patch names its own by default.', target)),
})

const substituteReference = object('A ConfigMap or Secret with variables.', {
  kind: oneOf('Its kind.', ['Secret', 'ConfigMap']),
  name: string('Its name.', { maxLength: 253, minLength: 1 }),
  optional: optional(boolean('Go on without it when it does not exist.', { default: false })),
})

const kubeConfig = object(
  'The cluster to apply to, when it is another one.',
  {
    configMapRef: optional(localReference('ConfigMap that says how to reach the cluster with a cloud identity.')),
    secretRef: optional(
      object('Secret with a kubeconfig.', {
        key: optional(string('Key that holds it; `value` or `value.yaml` by default.')),
        name: string('Name of the Secret.'),
      }),
    ),
  },
  {
    rules: [
      {
        rule: 'has(self.configMapRef) || has(self.secretRef)',
        message: 'exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified',
      },
      {
        rule: '!has(self.configMapRef) || !has(self.secretRef)',
        message: 'exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified',
      },
    ],
  },
)

const spec = object('Which folder of which source is applied, and how.', {
  buildMetadata: optional(
    list(
      'What kustomize notes on the objects about their making.',
      oneOf('A kind of note.', ['originAnnotations', 'transformerAnnotations']),
    ),
  ),
  commonMetadata: optional(
    object('Labels and annotations for every object.', {
      annotations: optional(map('Annotations to add.', string('A value.'))),
      labels: optional(map('Labels to add.', string('A value.'))),
    }),
  ),
  components: optional(list('Kustomize components to add, relative to the path.', string('A path.'))),
  decryption: optional(
    object('How to decrypt Secrets that are encrypted in the source.', {
      provider: oneOf('Format of the encryption.', ['sops']),
      secretRef: optional(localReference('Secret with the private keys.')),
      serviceAccountName: optional(string('ServiceAccount whose cloud identity may use the keys.')),
    }),
  ),
  deletionPolicy: optional(
    oneOf('What happens to the objects when this one is deleted; MirrorPrune does as prune says.', [
      'MirrorPrune',
      'Delete',
      'WaitForTermination',
      'Orphan',
    ]),
  ),
  dependsOn: optional(list('Kustomizations that must be ready first.', dependency)),
  force: optional(boolean('Delete and create again what cannot be changed in place.', { default: false })),
  healthCheckExprs: optional(list('How to tell the health of custom kinds.', healthCheckExpr)),
  healthChecks: optional(list('Objects whose health is waited for.', healthCheck)),
  ignore: optional(
    list(
      'Fields whose changes in the cluster are left alone.',
      object('Fields of the objects it selects.', {
        paths: list('JSON pointers to the fields.', string('A JSON pointer.')),
        target: optional(object('Which objects it is for; all by default.', target)),
      }),
    ),
  ),
  ignoreMissingComponents: optional(boolean('Go on without components that are not there.')),
  images: optional(list('Images to replace.', image)),
  interval: string('How often everything is checked, even without a change.', { pattern: DURATION }),
  kubeConfig: optional(kubeConfig),
  namePrefix: optional(string('Put before every name.', { maxLength: 200, minLength: 1 })),
  nameSuffix: optional(string('Put behind every name.', { maxLength: 200, minLength: 1 })),
  patches: optional(list('Patches to apply, in order.', patch)),
  path: optional(string('Folder of the source; its root by default.')),
  postBuild: optional(
    object('What happens to the text after the build.', {
      substitute: optional(map('Variables and their values.', string('A value.'))),
      substituteFrom: optional(list('ConfigMaps and Secrets with variables; later ones win.', substituteReference)),
      substituteStrategy: optional(
        oneOf('Whether to substitute also when there are no variables.', ['WithVariables', 'Always']),
      ),
    }),
  ),
  prune: boolean('Delete what is no longer in the source.'),
  retryInterval: optional(string('How long to wait after a failure; the interval by default.', { pattern: DURATION })),
  serviceAccountName: optional(string('ServiceAccount to act as.')),
  sourceRef: object('The source.', {
    apiVersion: optional(string('API version of the source.')),
    kind: oneOf('Kind of the source.', ['OCIRepository', 'GitRepository', 'Bucket', 'ExternalArtifact']),
    name: string('Name of the source.'),
    namespace: optional(string('Its namespace; the same one by default.')),
  }),
  suspend: optional(boolean('Stop reconciling this object until it is unset.')),
  targetNamespace: optional(
    string('Namespace for every object, in place of its own.', { maxLength: 63, minLength: 1 }),
  ),
  timeout: optional(string('How long applying and waiting may take.', { pattern: DURATION })),
  wait: optional(boolean('Wait for the health of every object.')),
})

const history = object('One state of the objects and how often it was reconciled.', {
  digest: string('Digest of the rendered objects.'),
  firstReconciled: string('When it was reconciled first.', { format: 'date-time' }),
  lastReconciled: string('When it was reconciled last.', { format: 'date-time' }),
  lastReconciledDuration: string('How long the last time took.'),
  lastReconciledStatus: string('How the last time went.'),
  metadata: optional(map('Revisions of the source.', string('A value.'))),
  totalReconciliations: int64('How often it was reconciled.'),
})

const status = object(
  'What was last applied.',
  {
    conditions: optional(conditions),
    history: optional(list('The last states, newest first.', history)),
    inventory: optional(
      object('The objects that belong to this Kustomization.', {
        entries: list(
          'One entry for each object.',
          object('An object.', {
            id: string('`<namespace>_<name>_<group>_<kind>`.'),
            v: string('API version without the group.'),
          }),
        ),
      }),
    ),
    lastAppliedOriginRevision: optional(
      string('The revision that the source itself was made from, when it was last applied.'),
    ),
    lastAppliedRevision: optional(string('The revision that was last applied with success.')),
    lastAttemptedRevision: optional(string('The revision that was last tried.')),
    lastHandledReconcileAt: optional(
      string('The last value of the annotation reconcile.fluxcd.io/requestedAt that was acted on.'),
    ),
    observedGeneration: optional(int64('The last generation of the spec that was reconciled.')),
  },
  { default: { observedGeneration: -1 } },
)

export type KustomizationSpec = ValueOf<typeof spec>
export type KustomizationStatus = ValueOf<typeof status>
export type Kustomization = ApiObject<KustomizationSpec, KustomizationStatus>
export type HistoryEntry = ValueOf<typeof history>

/** `Kustomization`, kustomize.toolkit.fluxcd.io/v1, as kustomize-controller 1.9 serves it. */
export const kustomizationKind: ApiKind<KustomizationSpec, KustomizationStatus> = {
  group: 'kustomize.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'Kustomization',
  plural: 'kustomizations',
  singular: 'kustomization',
  shortNames: ['ks'],
  categories: ['all', 'fluxcd', 'fluxcd-appliers'],
  component: 'kustomize-controller',
  description: 'A folder of a source that is applied to a cluster and kept there.',
  columns: statusColumns,
  spec,
  status,
}
