import { createHash } from 'node:crypto'
import { textAt } from '../../manifest/json.ts'
import type { Keyring } from '../../sops/data-key.ts'
import { askJson, CloudError, field } from '../http.ts'
import type { Cloud, Workload } from '../workload.ts'
import { gcpToken, gcpTokenOf } from './token.ts'

/** Keys of Google Cloud KMS, with a credentials file (its text) or by an identity. */
export function gcpKmsKeyring(cloud: Cloud, file: string | undefined, workload: Workload | undefined): Keyring {
  return {
    async unwrap({ type, fields }) {
      const name = textAt(fields, 'resource_id')
      if (type !== 'gcp_kms' || name === undefined) return undefined
      if (!/^projects\/[^/?#]+\/locations\/[^/?#]+\/keyRings\/[^/?#]+\/cryptoKeys\/[^/?#]+$/.test(name))
        throw new CloudError(`'${name}' is no name of a key of Google Cloud KMS`, 'encrypt the file again')
      const token = file === undefined ? await gcpToken(cloud, workload) : await fileToken(cloud, file)
      const what = 'could not decrypt with Google Cloud KMS'
      const request = {
        method: 'POST' as const,
        url: `https://cloudkms.googleapis.com/v1/${name}:decrypt`,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ciphertext: textAt(fields, 'enc') ?? '' }),
      }
      const answer = await askJson(
        cloud.http,
        request,
        what,
        'give the identity the role Cloud KMS CryptoKey Decrypter',
      )
      return Buffer.from(field(answer, 'plaintext', what), 'base64')
    },
  }
}

function fileToken(cloud: Cloud, file: string): Promise<string> {
  const digest = createHash('sha256').update(file).digest('hex')
  return cloud.cache.get(`gcp file ${digest}`, () => gcpTokenOf(cloud, file, 'sops.gcp-kms'))
}
