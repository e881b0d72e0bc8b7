import { type Diagnostic, formatPosition } from '../manifest/diagnostic.ts'
import { formatRef, gvkOf, type KubeObject, refKey, refOf } from '../manifest/object.ts'
import type { Sourced } from '../manifest/rendered.ts'
import { withoutInvalidCaBundle } from './ca-bundle.ts'
import { isSecret } from './mask.ts'
import { normalizeDesired } from './normalize/normalize.ts'
import { type Owner, ownerLabels, withMetadata } from './switches.ts'

/** What every object of an owner gets. */
export interface DesiredOptions {
  readonly owner: Owner
  readonly commonMetadata?:
    | {
        readonly labels?: Readonly<Record<string, string>> | undefined
        readonly annotations?: Readonly<Record<string, string>> | undefined
      }
    | undefined
  /** Whether a kind has a namespace, where that is known; objects of cluster-wide kinds lose theirs. */
  readonly namespaced?: (gvk: ReturnType<typeof gvkOf>) => boolean | undefined
}

/** The rendered objects in the form in which they are applied: owner labels, normal form, common metadata. */
export function prepare(objects: readonly Sourced[], options: DesiredOptions): readonly Sourced[] {
  return objects.map(sourced => ({ ...sourced, object: prepareObject(sourced.object, options) }))
}

function prepareObject(object: KubeObject, { owner, commonMetadata, namespaced }: DesiredOptions): KubeObject {
  const scoped = namespaced?.(gvkOf(object)) === false ? withoutNamespace(object) : object
  const labelled = withMetadata(scoped, { labels: ownerLabels(owner) })
  return withoutInvalidCaBundle(withMetadata(normalizeDesired(labelled), commonMetadata ?? {}))
}

function withoutNamespace(object: KubeObject): KubeObject {
  const { namespace: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

/** A diagnostic for every object that is there more than once, with the place of both. */
export function findDuplicates(objects: readonly Sourced[]): readonly Diagnostic[] {
  const first = new Map<string, Sourced>()
  return objects.flatMap((sourced): readonly Diagnostic[] => {
    const key = refKey(refOf(sourced.object))
    const known = first.get(key)
    if (known === undefined) {
      first.set(key, sourced)
      return []
    }
    const place = known.origin === undefined ? '' : ` at ${formatPosition(known.origin)}`
    return [
      {
        severity: 'error',
        code: 'duplicate-object',
        subject: formatRef(refOf(sourced.object)),
        message: `the object is defined twice, first${place || ' earlier'}`,
        hint: 'keep one of the two definitions, or give one another name',
        ...(sourced.origin === undefined ? {} : { position: sourced.origin }),
        ...(known.origin === undefined ? {} : { trail: [known.origin] }),
      },
    ]
  })
}

/**
 * A diagnostic for every Secret that is still encrypted by SOPS: applied like this, its ciphertext would become the value.
 * `decrypt: disabled` on the object says that this is meant.
 */
export function findEncrypted(objects: readonly Sourced[]): readonly Diagnostic[] {
  return objects.flatMap(({ object, origin }): readonly Diagnostic[] => {
    const encrypted = isSecret(object) && object['sops'] !== undefined
    const meant = object.metadata.annotations?.['kustomize.toolkit.fluxcd.io/decrypt']?.toLowerCase() === 'disabled'
    if (!encrypted || meant) return []
    const name = formatRef(refOf(object))
    return [
      {
        severity: 'error',
        code: 'sops-encrypted',
        message: `${name} is SOPS encrypted, configuring decryption is required for this secret to be reconciled`,
        hint: 'set spec.decryption of the Kustomization',
        ...(origin === undefined ? {} : { position: origin }),
      },
    ]
  })
}
