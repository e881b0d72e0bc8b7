import { X509Certificate } from 'node:crypto'
import { isObject, type JsonObject } from '../manifest/json.ts'
import type { KubeObject } from '../manifest/object.ts'
import { getAt, removeAt } from './pointer.ts'

const PATH = ['spec', 'conversion', 'webhook', 'clientConfig', 'caBundle']

/**
 * A CRD without a conversion CA bundle that is no certificate: since Kubernetes 1.31 the API server refuses such a CRD, and
 * charts ship placeholders there that cert-manager or the operator replaces. Other objects are returned as they are.
 */
export function withoutInvalidCaBundle(object: KubeObject): KubeObject {
  const isDefinition =
    object.kind.toLowerCase() === 'customresourcedefinition' && object.apiVersion.startsWith('apiextensions.k8s.io/')
  if (!isDefinition) return object
  const fields = object as unknown as JsonObject
  const bundle = getAt(fields, PATH)
  if (typeof bundle !== 'string' || bundle === '' || isCertificateBundle(bundle)) return object
  const result = removeAt(fields, PATH)
  return isObject(result) ? (result as unknown as KubeObject) : object
}

function isCertificateBundle(encoded: string): boolean {
  const text = Buffer.from(encoded, 'base64')
  if (text.toString('base64').replace(/=+$/, '') !== encoded.replace(/[\r\n]/g, '').replace(/=+$/, '')) return false
  if (text.length === 0) return true
  const blocks = text.toString('utf8').match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g)
  return blocks?.every(isCertificate) ?? false
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}
