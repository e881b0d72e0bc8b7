import type { JsonObject } from '../manifest/json.ts'
import type { GroupVersionKind, KubeObject } from '../manifest/object.ts'
import type { Field } from './schema.ts'

export interface PrinterColumn {
  readonly name: string
  readonly type: 'string' | 'date' | 'integer'
  readonly jsonPath: string
  readonly priority?: number
}

/** A kind that Lockstep serves, complete enough to make its CRD from. */
export interface ApiKind<Spec, Status> extends GroupVersionKind {
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  /** The Flux controller whose place Lockstep takes for this kind: `source-controller`, `kustomize-controller`. */
  readonly component: string
  readonly description: string
  readonly columns: readonly PrinterColumn[]
  readonly spec: Field<Spec>
  readonly status: Field<Status>
}

/** A typed object of a kind. */
export type ApiObject<Spec, Status> = KubeObject & { readonly spec: Spec; readonly status?: Status }

const READY = '.status.conditions[?(@.type=="Ready")]'

/** The three columns that every Flux kind closes with. */
export const statusColumns: readonly PrinterColumn[] = [
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  { name: 'Ready', type: 'string', jsonPath: `${READY}.status` },
  { name: 'Status', type: 'string', jsonPath: `${READY}.message` },
]

/** The CustomResourceDefinition of a kind, with the labels by which the `flux` CLI finds an installation. */
export function crdOf(kind: ApiKind<unknown, unknown>, version: string): JsonObject {
  const { group, plural, singular, shortNames, categories } = kind
  const openAPIV3Schema = {
    description: kind.description,
    properties: {
      apiVersion: { description: 'Version of the schema of this object.', type: 'string' },
      kind: { description: 'The REST resource that this object is.', type: 'string' },
      metadata: { type: 'object' },
      spec: kind.spec.schema,
      status: kind.status.schema,
    },
    type: 'object',
  }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      labels: {
        'app.kubernetes.io/component': kind.component,
        'app.kubernetes.io/instance': 'flux-system',
        'app.kubernetes.io/part-of': 'flux',
        'app.kubernetes.io/version': version,
      },
      name: `${plural}.${group}`,
    },
    spec: {
      group,
      names: { categories, kind: kind.kind, listKind: `${kind.kind}List`, plural, shortNames, singular },
      scope: 'Namespaced',
      versions: [
        {
          additionalPrinterColumns: kind.columns.map(({ jsonPath, name, priority, type }) => ({
            jsonPath,
            name,
            ...(priority !== undefined && { priority }),
            type,
          })),
          name: kind.version,
          schema: { openAPIV3Schema },
          served: true,
          storage: true,
          subresources: { status: {} },
        },
      ],
    },
  }
}
