import { createHash } from 'node:crypto'
import type { Kustomization } from '../../api/kustomization.ts'
import { formatRef, type KubeObject, refOf } from '../../manifest/object.ts'
import { ageKeyring } from '../../sops/age.ts'
import { joinKeyrings, type Keyring } from '../../sops/data-key.ts'
import { pgpKeyring } from '../../sops/pgp.ts'
import type { Reference, References } from '../references.ts'
import { textDataOf } from './variables.ts'

/** The keys of a Kustomization; with the same digest they are the same. */
export interface DecryptionKeys {
  readonly keyring: Keyring
  readonly digest: string
}

/** The Secret with the keys of a Kustomization, where it names one. */
export function decryptionReferenceOf({ metadata, spec }: Kustomization): readonly Reference[] {
  const name = spec.decryption?.secretRef?.name
  return name === undefined ? [] : [{ kind: 'Secret', namespace: metadata.namespace ?? '', name }]
}

/**
 * The keys that `spec.decryption` gives; undefined where it is not set. Keys of the Secret ending in `.agekey` are age
 * identities, those ending in `.asc` OpenPGP keys. Rejects with an `Error` where the Secret is missing or a key in it is none.
 */
export async function decryptionKeys(
  kustomization: Kustomization,
  references: References,
): Promise<DecryptionKeys | undefined> {
  if (kustomization.spec.decryption === undefined) return undefined
  const [reference] = decryptionReferenceOf(kustomization)
  const secret = reference === undefined ? undefined : await readSecret(reference, kustomization, references)
  const data = secret === undefined ? {} : textDataOf(secret)
  const digest = createHash('sha256').update(JSON.stringify(data)).digest('hex')
  return { keyring: keyringOf(data), digest }
}

async function readSecret(
  reference: Reference,
  kustomization: Kustomization,
  references: References,
): Promise<KubeObject> {
  const secret = await references.read(reference, formatRef(refOf(kustomization)))
  if (secret !== undefined) return secret
  const { namespace, name } = reference
  throw new Error(
    `the decryption Secret '${namespace}/${name}' does not exist; create it or correct spec.decryption.secretRef`,
  )
}

/** The keys in the data of a decryption Secret. Throws an `Error` where one is none. */
export function keyringOf(data: Readonly<Record<string, string>>): Keyring {
  const endingIn = (ending: string) =>
    Object.entries(data).flatMap(([key, text]) => (key.endsWith(ending) ? [text] : []))
  return joinKeyrings([ageKeyring(endingIn('.agekey')), pgpKeyring(endingIn('.asc'))])
}
