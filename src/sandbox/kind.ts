import type { JsonObject, JsonValue } from '../manifest/json.ts'
import type { KubeObject } from '../manifest/object.ts'
import type { Schema } from '../manifest/schema/schema.ts'
import type { FieldError } from './field-error.ts'

/** Who asks. */
export interface User {
  readonly username: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** Reading access for strategies: resources by storage key (`apps/deployments`, `/services`), objects in storage version. */
export interface Reader {
  get(resource: string, namespace: string, name: string): KubeObject | undefined
  list(resource: string, namespace?: string): readonly KubeObject[]
}

/** What a strategy may know about the request that it serves. */
export interface StrategyContext {
  /** Milliseconds since 1970, from the sandbox's clock. */
  readonly now: number
  readonly user: User
  readonly dryRun: boolean
  readonly reader: Reader
  /** A random hex string of the given length, from the sandbox's source of randomness. */
  random(length: number): string
  /** Adds a `Warning:` header to the answer. */
  warn(message: string): void
}

/** One column of `kubectl get`. Priority 0 is always shown, above it only by `-o wide`. */
export interface Column {
  readonly name: string
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  readonly format?: string
  readonly description?: string
  readonly priority?: number
  /** The cell; for ages use `age()` of table.ts. `now` is milliseconds since 1970. */
  cell(object: KubeObject, now: number): JsonValue
}

/** Where `scale` finds its numbers. Paths are dotted, without index. */
export interface ScalePaths {
  readonly specReplicas: string
  readonly statusReplicas: string
  /** The selector as text (`app=web,tier in (a)`); undefined where the kind has none. */
  selector(object: KubeObject): string | undefined
}

/** A subresource with behaviour of its own; `status` and `scale` are served by the core. */
export type Subresource =
  | 'status'
  | 'scale'
  | 'finalize'
  | 'eviction'
  | 'binding'
  | 'log'
  | 'token'
  | 'approval'
  | 'ephemeralcontainers'
  | 'resize'

/** How one served version differs from the storage version. Left out where there is only one. */
export interface KindVersion {
  readonly version: string
  /** Answers carry this text as a `Warning:` header. */
  readonly deprecation?: string
  /** From this version to the storage version (`apiVersion` is set by the core). */
  readonly toStorage?: (object: KubeObject) => KubeObject
  /** From the storage version to this one. */
  readonly fromStorage?: (object: KubeObject) => KubeObject
  /** The structural schema of a custom resource. */
  readonly shape?: Shape
  /** Columns, where they differ from version to version. */
  readonly columns?: readonly Column[]
}

/** What happens to an object of a served version between JSON and storage; also before it is compared for an apply. */
export interface Shape {
  /** Drops fields that the kind does not have, telling each by its path, and fills in defaults. */
  normalize(object: KubeObject, unknown: (path: string) => void): KubeObject
  /** Fills in defaults alone, which is all that happens to what an apply has merged before it is validated. */
  defaults(object: KubeObject): KubeObject
  /** For field management. */
  readonly fields: Schema
  /** The schema in the form of a CustomResourceDefinition, for OpenAPI. */
  readonly openapi: JsonObject
}

/**
 * The rules of a kind. Each hook takes an object and returns the one to go on with (or the same); none may change its
 * argument. Objects come in the storage version. They run in this order: `defaults`, `admit`, `prepareFor…`, `validate…`.
 */
export interface Strategy {
  /** Fills in what the author left out; idempotent. Also runs on every read-modify-write. */
  readonly defaults?: (object: KubeObject) => KubeObject
  /** What mutating admission does before validation (default service account, priority, cluster IPs, …). */
  readonly admit?: (object: KubeObject, old: KubeObject | undefined, context: StrategyContext) => KubeObject
  /** Clears what a creator may not set (`status` is cleared by the core where it is a subresource) and fills in the rest. */
  readonly prepareForCreate?: (object: KubeObject, context: StrategyContext) => KubeObject
  /** For an update of the main resource: keep what it may not change. The core keeps `status` and counts `generation`. */
  readonly prepareForUpdate?: (object: KubeObject, old: KubeObject, context: StrategyContext) => KubeObject
  /** For an update by `/status`: the core has already put the old spec, labels, … back in place. */
  readonly prepareForStatusUpdate?: (object: KubeObject, old: KubeObject, context: StrategyContext) => KubeObject
  /** Problems of a new object. Metadata is checked by the core. */
  readonly validate?: (object: KubeObject, context: StrategyContext) => readonly FieldError[]
  /** Problems of a change, immutable fields included; runs instead of `validate`. Call `validate` yourself. */
  readonly validateUpdate?: (object: KubeObject, old: KubeObject, context: StrategyContext) => readonly FieldError[]
  readonly validateStatusUpdate?: (
    object: KubeObject,
    old: KubeObject,
    context: StrategyContext,
  ) => readonly FieldError[]
  /** Texts for `Warning:` headers on create and update. */
  readonly warnings?: (object: KubeObject, old: KubeObject | undefined) => readonly string[]
  /** Runs after a write has gone through (not on dry-run), e.g. to give back a cluster IP. `object` is undefined on removal. */
  readonly after?: (object: KubeObject | undefined, old: KubeObject | undefined, context: StrategyContext) => void
  /** Whether a change of the main resource counts as a new generation; default: anything but metadata and status differs. */
  readonly changesGeneration?: (object: KubeObject, old: KubeObject) => boolean
  /** An update of an object that is not there creates it (`AllowCreateOnUpdate`): services, endpoints, leases, events, … */
  readonly createOnUpdate?: boolean
  /** An update without a resourceVersion is refused (`metadata.resourceVersion: must be specified for an update`). */
  readonly requireResourceVersion?: boolean
  /** Seconds between a delete and the end, for kinds that end gracefully (pods: spec.terminationGracePeriodSeconds). */
  readonly gracePeriod?: (object: KubeObject, requested: number | undefined) => number
  /** Fields that the main resource drops from field management beside `status`: `spec.nodeName`, … dotted. */
  readonly resetFields?: readonly string[]
  /** The same for `/status`, beside `spec`. */
  readonly resetStatusFields?: readonly string[]
  /** Runs on the first request to delete; finalizers that it adds keep the object until they are gone. */
  readonly prepareForDelete?: (object: KubeObject, context: StrategyContext) => KubeObject
  /** Default deletion propagation when the client says nothing; Background when left out (Job: Orphan). */
  readonly defaultPropagation?: 'Background' | 'Orphan'
}

/** The rule for `metadata.name`, worded as the server words it. */
export type NameRule = 'dns1123Subdomain' | 'dns1123Label' | 'dns1035Label' | 'pathSegment'

/** A resource type: everything that the server needs to serve it. */
export interface Kind {
  readonly group: string
  readonly kind: string
  /** `<kind>List` by default. */
  readonly listKind?: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly namespaced: boolean
  /** Served versions, preferred first. */
  readonly versions: readonly KindVersion[]
  /** The version in which objects are stored; one of `versions`. */
  readonly storageVersion: string
  /** The storage key, `<group>/<plural>` by default; `events` of two groups share one. */
  readonly storage?: string
  /** create, delete, deletecollection, get, list, patch, update, watch by default. */
  readonly verbs?: readonly string[]
  readonly subresources: readonly Subresource[]
  readonly scale?: ScalePaths
  readonly nameRule: NameRule
  readonly strategy: Strategy
  /** Without columns the table has Name and Age. The first is normally Name, and the last Age. */
  readonly columns?: readonly Column[]
  /** Fields beside `metadata.name` and `metadata.namespace` that field selectors may use; the value is text. */
  readonly selectableFields?: Readonly<Record<string, (object: KubeObject) => string>>
  /** Set for kinds that come from a CustomResourceDefinition. */
  readonly custom?: boolean
  /** How hash codes of storage versions and the like are filled; left to the core. */
  readonly annotations?: JsonObject
}

/** `<group>/<plural>`: how the store names a resource. */
export function storageKey(kind: Pick<Kind, 'group' | 'plural' | 'storage'>): string {
  return kind.storage ?? `${kind.group}/${kind.plural}`
}
