import { isObject, type JsonObject, textAt } from '../../manifest/json.ts'
import type { Keyring } from '../../sops/data-key.ts'
import { askJson, CloudError, field } from '../http.ts'
import type { Cloud, Workload } from '../workload.ts'
import { awsCredentials, awsEndpoint } from './credentials.ts'
import { type AwsCredentials, signHeaders } from './sigv4.ts'

/** Keys of AWS KMS, with fixed credentials or by an identity. */
export function awsKmsKeyring(
  cloud: Cloud,
  given: AwsCredentials | undefined,
  workload: Workload | undefined,
): Keyring {
  return {
    async unwrap({ type, fields }) {
      const arn = textAt(fields, 'arn')
      if (type !== 'kms' || arn === undefined) return undefined
      const region = /^arn:[\w-]+:kms:([a-z0-9-]+):\d{12}:(?:key|alias)\/.+$/.exec(arn)?.[1]
      if (region === undefined) throw new CloudError(`'${arn}' is no ARN of a KMS key`, 'encrypt the file again')
      if (textAt(fields, 'role') !== undefined)
        throw new CloudError('a role in the file is not assumed', 'give the identity itself access to the key')
      const credentials = given ?? (await awsCredentials(cloud, region, workload))
      const request = {
        method: 'POST' as const,
        url: `${awsEndpoint('kms', region, cloud.env)}/`,
        body: JSON.stringify({
          CiphertextBlob: textAt(fields, 'enc') ?? '',
          EncryptionContext: contextOf(fields),
          KeyId: arn,
        }),
      }
      const headers = signHeaders(
        {
          ...request,
          headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'TrentService.Decrypt' },
        },
        credentials,
        { region, service: 'kms', now: cloud.now() },
      )
      const what = 'could not decrypt with AWS KMS'
      const answer = await askJson(cloud.http, { ...request, headers }, what, 'allow kms:Decrypt on the key')
      return Buffer.from(field(answer, 'Plaintext', what), 'base64')
    },
  }
}

function contextOf(fields: JsonObject): JsonObject {
  const context = fields['context']
  return isObject(context) ? context : {}
}
