import type { JsonObject } from '../../manifest/json.ts'
import { apiVersionOf, type KubeObject } from '../../manifest/object.ts'
import type { FieldError } from '../field-error.ts'
import type {
  Column,
  Kind,
  KindVersion,
  NameRule,
  ScalePaths,
  Strategy,
  StrategyContext,
  Subresource,
} from '../kind.ts'
import { structOfKind } from './schema/go-types.ts'
import { normalize, type StructDefaults } from './schema/normalize.ts'
import { asJson, asKube, objectAt, withMissing } from './schema/value.ts'

/** A built-in kind in short: what is left out has the value that most kinds have. */
export interface KindDefinition {
  /** The core group when left out. */
  readonly group?: string
  readonly kind: string
  readonly plural: string
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  /** Namespaced unless it is said to be `cluster`. */
  readonly scope?: 'cluster'
  /** `v1` alone when left out. */
  readonly versions?: readonly KindVersion[]
  readonly storageVersion?: string
  readonly storage?: string
  /** The `apiVersion` in which objects are stored, where it is not the group's own. */
  readonly storedAs?: string
  readonly subresources?: readonly Subresource[]
  readonly verbs?: readonly string[]
  readonly scale?: ScalePaths
  readonly nameRule?: NameRule
  readonly columns?: readonly Column[]
  readonly selectableFields?: Kind['selectableFields']
  /** Defaults by Go struct, applied on the way through the object's type. */
  readonly defaults?: StructDefaults
  /** Collects the problems of a new object. */
  readonly validate?: (object: JsonObject, errors: FieldError[], context: StrategyContext) => void
  /** Collects those of a change, in place of `validate`; without it `validate` is run. */
  readonly validateUpdate?: (
    object: JsonObject,
    old: JsonObject,
    errors: FieldError[],
    context: StrategyContext,
  ) => void
  /** The status of a new object, where it is more than its zero value. */
  readonly initialStatus?: (object: JsonObject, context: StrategyContext) => JsonObject
  readonly strategy?: Omit<Strategy, 'defaults' | 'validate' | 'validateUpdate'>
}

/** The resource type that a definition stands for. */
export function defineKind(definition: KindDefinition): Kind {
  const { group = '', kind, plural, subresources = [], defaults = {}, validate, validateUpdate } = definition
  const versions = definition.versions ?? [{ version: 'v1' }]
  const storageVersion = definition.storageVersion ?? versions[0]?.version ?? 'v1'
  const struct = structOfKind(definition.storedAs ?? apiVersionOf({ group, version: storageVersion }), kind)
  const shape = (object: KubeObject): KubeObject =>
    struct === undefined ? object : asKube(normalize(struct, asJson(object), defaults))
  const collect = (run: (errors: FieldError[]) => void): readonly FieldError[] => {
    const errors: FieldError[] = []
    run(errors)
    return errors
  }
  const { strategy = {}, initialStatus } = definition
  const prepareForCreate = (object: KubeObject, context: StrategyContext): KubeObject => {
    const prepared = strategy.prepareForCreate?.(object, context) ?? object
    if (initialStatus !== undefined) return shape({ ...prepared, status: initialStatus(asJson(prepared), context) })
    return prepared === object && struct?.fields.has('status') !== true ? object : shape(prepared)
  }
  return {
    group,
    kind,
    plural,
    singular: kind.toLowerCase(),
    shortNames: definition.shortNames ?? [],
    categories: definition.categories ?? [],
    namespaced: definition.scope !== 'cluster',
    versions,
    storageVersion,
    ...(definition.storage === undefined ? {} : { storage: definition.storage }),
    ...(definition.verbs === undefined ? {} : { verbs: definition.verbs }),
    subresources,
    ...(definition.scale === undefined ? {} : { scale: definition.scale }),
    nameRule: definition.nameRule ?? 'dns1123Subdomain',
    ...(definition.columns === undefined ? {} : { columns: definition.columns }),
    ...(definition.selectableFields === undefined ? {} : { selectableFields: definition.selectableFields }),
    strategy: {
      ...strategy,
      defaults: shape,
      prepareForCreate,
      ...(validate === undefined
        ? {}
        : { validate: (object, context) => collect(errors => validate(asJson(object), errors, context)) }),
      ...(validate === undefined && validateUpdate === undefined
        ? {}
        : {
            validateUpdate: (object, old, context) =>
              collect(errors =>
                validateUpdate === undefined
                  ? validate?.(asJson(object), errors, context)
                  : validateUpdate(asJson(object), asJson(old), errors, context),
              ),
          }),
    },
  }
}

/** An object with some of `spec` filled in where it is missing. */
export function withSpec(object: JsonObject, fields: JsonObject): JsonObject {
  const spec = objectAt(object, 'spec')
  const filled = withMissing(spec, fields)
  return filled === spec ? object : { ...object, spec: filled }
}
