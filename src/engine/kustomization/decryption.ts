import { createHash } from 'node:crypto'
import type { Kustomization } from '../../api/kustomization.ts'
import { awsKmsKeyring } from '../../cloud/aws/kms.ts'
import type { AwsCredentials } from '../../cloud/aws/sigv4.ts'
import { azureKeyVaultKeyring } from '../../cloud/azure/key-vault.ts'
import { gcpKmsKeyring } from '../../cloud/gcp/kms.ts'
import { vaultKeyring } from '../../cloud/vault.ts'
import { type Cloud, principalOf, type Workload } from '../../cloud/workload.ts'
import type { KubeClient } from '../../kube/client-types.ts'
import { isObject, type JsonObject, textAt } from '../../manifest/json.ts'
import { formatRef, type KubeObject, refOf } from '../../manifest/object.ts'
import { decodeNode } from '../../manifest/yaml/decode.ts'
import { parseYaml } from '../../manifest/yaml/parse.ts'
import { ageKeyring } from '../../sops/age.ts'
import { joinKeyrings, type Keyring } from '../../sops/data-key.ts'
import { pgpKeyring } from '../../sops/pgp.ts'
import type { EngineSettings } from '../context.ts'
import type { Reference, References } from '../references.ts'
import { readWorkload } from '../workload.ts'
import { textDataOf } from './variables.ts'

/** The keys of a Kustomization; with the same digest they are the same. */
export interface DecryptionKeys {
  readonly keyring: Keyring
  readonly digest: string
}

/** Where keys are looked for. Without `cloud` and `cluster`, those in the Secret are all. */
interface KeySources {
  readonly references: References
  readonly cloud?: Cloud | undefined
  readonly cluster?: KubeClient | undefined
  readonly settings?: Pick<EngineSettings, 'defaultDecryptionServiceAccount' | 'sopsAgeSecret'> | undefined
}

/** The Secret with the keys of a Kustomization, and the one that is for all. */
export function decryptionReferencesOf(
  { metadata, spec }: Kustomization,
  settings: KeySources['settings'],
): readonly Reference[] {
  if (spec.decryption === undefined) return []
  const own = spec.decryption.secretRef
  return [
    ...(own === undefined ? [] : [{ kind: 'Secret' as const, namespace: metadata.namespace ?? '', name: own.name }]),
    ...(settings?.sopsAgeSecret === undefined ? [] : [{ kind: 'Secret' as const, ...settings.sopsAgeSecret }]),
  ]
}

/**
 * The keys that `spec.decryption` gives; undefined where it is not set. Keys of the Secret ending in `.agekey` are age
 * identities, those ending in `.asc` OpenPGP keys; `sops.vault-token`, `sops.aws-kms`, `sops.azure-kv` and `sops.gcp-kms` are
 * credentials for services. Services without credentials are asked as the service account that the spec names, or as
 * Lockstep. Rejects with an `Error` where the Secret is missing or a key in it is none.
 */
export async function decryptionKeys(
  kustomization: Kustomization,
  { references, cloud, cluster, settings }: KeySources,
): Promise<DecryptionKeys | undefined> {
  const { decryption } = kustomization.spec
  if (decryption === undefined) return undefined
  const read = async (reference: Reference) => textDataOf(await readSecret(reference, kustomization, references))
  const secrets = await Promise.all(decryptionReferencesOf(kustomization, settings).map(read))
  const [data = {}, shared = {}] = decryption.secretRef === undefined ? [{}, ...secrets] : secrets
  const account = decryption.serviceAccountName ?? settings?.defaultDecryptionServiceAccount
  const namespace = kustomization.metadata.namespace ?? ''
  const workload =
    account === undefined || cloud === undefined || cluster === undefined
      ? undefined
      : await readWorkload(cluster, cloud, namespace, account)
  const keyring = joinKeyrings([
    keysIn(data),
    ageKeyring(endingIn(shared, '.agekey')),
    ...(cloud === undefined ? [] : servicesFor(data, cloud, workload)),
  ])
  const digest = createHash('sha256')
    .update(JSON.stringify([data, shared, principalOf(workload)]))
    .digest('hex')
  return { keyring, digest }
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
    `the decryption Secret '${namespace}/${name}' does not exist; create it, or correct spec.decryption.secretRef or --sops-age-secret`,
  )
}

type SecretData = Readonly<Record<string, string>>

function keysIn(data: SecretData): Keyring {
  return joinKeyrings([ageKeyring(endingIn(data, '.agekey')), pgpKeyring(endingIn(data, '.asc'))])
}

function endingIn(data: SecretData, ending: string): readonly string[] {
  return Object.entries(data).flatMap(([key, text]) => (key.endsWith(ending) ? [text] : []))
}

function servicesFor(data: SecretData, cloud: Cloud, workload: Workload | undefined): readonly Keyring[] {
  const azure = azureEnvironment(data['sops.azure-kv'])
  return [
    vaultKeyring(cloud, data['sops.vault-token']),
    awsKmsKeyring(cloud, awsKeys(data['sops.aws-kms']), workload),
    gcpKmsKeyring(cloud, data['sops.gcp-kms'], workload),
    azure === undefined
      ? azureKeyVaultKeyring(cloud, workload)
      : azureKeyVaultKeyring({ ...cloud, env: azure, cache: cloud.cache.within(JSON.stringify(azure)) }, undefined),
  ]
}

function awsKeys(text: string | undefined): AwsCredentials | undefined {
  if (text === undefined) return undefined
  const fields = fieldsOf(text, 'sops.aws-kms')
  const accessKeyId = textAt(fields, 'aws_access_key_id')
  const secretAccessKey = textAt(fields, 'aws_secret_access_key')
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new Error("the key 'sops.aws-kms' needs aws_access_key_id and aws_secret_access_key")
  const sessionToken = textAt(fields, 'aws_session_token')
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) }
}

/** A service principal with a secret, also in the form that `az` prints, or a managed identity, as the environment names it. */
function azureEnvironment(text: string | undefined): NodeJS.ProcessEnv | undefined {
  if (text === undefined) return undefined
  const fields = fieldsOf(text, 'sops.azure-kv')
  if (textAt(fields, 'clientCertificate') !== undefined)
    throw new Error("a client certificate in 'sops.azure-kv' is not supported; use clientSecret or a service account")
  const names = {
    AZURE_TENANT_ID: textAt(fields, 'tenantId') ?? textAt(fields, 'tenant'),
    AZURE_CLIENT_ID: textAt(fields, 'clientId') ?? textAt(fields, 'appId'),
    AZURE_CLIENT_SECRET: textAt(fields, 'clientSecret') ?? textAt(fields, 'password'),
    AZURE_AUTHORITY_HOST: textAt(fields, 'authorityHost'),
  }
  return Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined))
}

function fieldsOf(text: string, key: string): JsonObject {
  const [document] = parseYaml(text, { file: key }).documents
  const value = document === undefined ? undefined : decodeNode(document, 'kubectl').value
  if (isObject(value)) return value
  throw new Error(`the key '${key}' of the decryption Secret is no YAML mapping`)
}
