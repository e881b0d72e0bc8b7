import { isObject, textAt } from '../manifest/json.ts'
import type { Keyring } from '../sops/data-key.ts'
import { askJson, CloudError, field } from './http.ts'
import type { Cloud } from './workload.ts'

/** Keys of the transit engine of HashiCorp Vault or OpenBao, with a token. */
export function vaultKeyring(cloud: Cloud, token: string | undefined): Keyring {
  return {
    async unwrap({ type, fields }) {
      const address = textAt(fields, 'vault_address')
      if (type !== 'hc_vault' || address === undefined) return undefined
      if (token === undefined)
        throw new CloudError(`there is no token for ${address}`, "add the key 'sops.vault-token' to the Secret")
      const url = URL.parse(address)
      if (url === null || !/^https?:$/.test(url.protocol))
        throw new CloudError(`'${address}' is no address of a Vault`, 'encrypt the file again')
      const segments = (text: string) =>
        text
          .split('/')
          .filter(part => part !== '')
          .map(encodeURIComponent)
          .join('/')
      const path = `${segments(textAt(fields, 'engine_path') ?? '')}/decrypt/${segments(textAt(fields, 'key_name') ?? '')}`
      const what = `could not decrypt with the Vault at ${url.origin}`
      const request = {
        method: 'PUT' as const,
        url: `${url.origin}${url.pathname.replace(/\/+$/, '')}/v1/${path}`,
        headers: { 'x-vault-token': token.trim(), 'content-type': 'application/json' },
        body: JSON.stringify({ ciphertext: textAt(fields, 'enc') ?? '' }),
      }
      const answer = await askJson(
        cloud.http,
        request,
        what,
        'check that the token may update the decrypt path of the key',
      )
      const { data } = answer
      return Buffer.from(field(isObject(data) ? data : {}, 'plaintext', what), 'base64')
    },
  }
}
