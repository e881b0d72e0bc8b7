import type { JsonValue } from '../../../manifest/json.ts'
import { struct, text } from '../decode.ts'
import { fail } from '../problem.ts'
import { makeResource, type Resource } from '../resource.ts'
import { parseText } from '../yaml-text.ts'

const decodeArgs = struct('types.IAMPolicyGeneratorArgs', {
  cloud: text,
  kubernetesService: struct('types.KubernetesService', { name: text, namespace: text }),
  serviceAccount: struct('types.ServiceAccount', { name: text, projectId: text }),
})

/** Makes a ServiceAccount that stands for one of Google Cloud. */
export function generateIamPolicy(config: JsonValue): Resource[] {
  const args = decodeArgs(config, { struct: 'IAMPolicyGeneratorPlugin', fields: [], strict: false })
  if (args.cloud !== 'gke')
    fail(`cloud provider ${args.cloud} not supported yet`, { code: 'wrong-field-value', hint: 'gke' })
  const { kubernetesService: service, serviceAccount: account } = args
  const namespace = service.namespace === '' ? '' : `\n  namespace: ${service.namespace}`
  const yaml = `apiVersion: v1
kind: ServiceAccount
metadata:
  annotations:
    iam.gke.io/gcp-service-account: ${account.name}@${account.projectId}.iam.gserviceaccount.com
  name: ${service.name}${namespace}
`
  return [makeResource(parseText(yaml))]
}
