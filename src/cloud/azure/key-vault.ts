import { textAt } from '../../manifest/json.ts'
import type { Keyring } from '../../sops/data-key.ts'
import { askJson, CloudError, field } from '../http.ts'
import type { Cloud, Workload } from '../workload.ts'
import { azureToken } from './token.ts'

const API_VERSION = '7.4'
/** Each cloud's vaults and the scope of their tokens. A token goes nowhere else, whatever a file says. */
const VAULTS: readonly (readonly [host: RegExp, scope: string])[] = [
  [/^[\w-]+\.vault\.azure\.net$/, 'https://vault.azure.net/.default'],
  [/^[\w-]+\.managedhsm\.azure\.net$/, 'https://managedhsm.azure.net/.default'],
  [/^[\w-]+\.vault\.azure\.cn$/, 'https://vault.azure.cn/.default'],
  [/^[\w-]+\.vault\.usgovcloudapi\.net$/, 'https://vault.usgovcloudapi.net/.default'],
]

/** Keys of Azure Key Vault, by an identity; that of `cloud.env` where there is no workload. */
export function azureKeyVaultKeyring(cloud: Cloud, workload: Workload | undefined): Keyring {
  return {
    async unwrap({ type, fields }) {
      const vault = textAt(fields, 'vault_url')
      if (type !== 'azure_kv' || vault === undefined) return undefined
      const url = URL.parse(vault)
      const scope = VAULTS.find(([host]) => host.test(url?.hostname ?? ''))?.[1]
      if (url?.protocol !== 'https:' || scope === undefined)
        throw new CloudError(`'${vault}' is no https address of an Azure Key Vault`, 'encrypt the file again')
      const [name, version] = ['name', 'version'].map(part => encodeURIComponent(textAt(fields, part) ?? ''))
      const what = 'could not decrypt with Azure Key Vault'
      const request = {
        method: 'POST' as const,
        url: `${url.origin}/keys/${name}/${version}/decrypt?api-version=${API_VERSION}`,
        headers: {
          authorization: `Bearer ${await azureToken(cloud, scope, workload)}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ alg: 'RSA-OAEP-256', value: textAt(fields, 'enc') ?? '' }),
      }
      const answer = await askJson(cloud.http, request, what, 'allow the identity to decrypt with the key')
      return Buffer.from(field(answer, 'value', what), 'base64url')
    },
  }
}
