import type { JsonObject } from '../../manifest/json.ts'
import { type InstallOptions, metadataIn, NAME } from './options.ts'

const PODS = { matchLabels: { app: NAME } }

/** Where artifacts are downloaded from. */
export function service(options: InstallOptions): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataIn(options),
    spec: {
      type: 'ClusterIP',
      selector: { app: NAME },
      ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 'http' }],
    },
  }
}

function policy(options: InstallOptions, name: string, spec: JsonObject): JsonObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadataIn(options, `${NAME}-${name}`),
    spec: { podSelector: PODS, ...spec },
  }
}

/**
 * Who may talk to the engine: Pods of its namespace to its artifacts, and everybody to its metrics. It talks to API servers,
 * Git hosts and DNS, wherever they are.
 */
export function networkPolicies(options: InstallOptions): readonly JsonObject[] {
  const tcp = (port: string) => [{ port, protocol: 'TCP' }]
  return [
    policy(options, 'allow-egress', { policyTypes: ['Ingress', 'Egress'], egress: [{}] }),
    policy(options, 'allow-artifacts', {
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ podSelector: {} }], ports: tcp('http') }],
    }),
    policy(options, 'allow-scraping', {
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ namespaceSelector: {} }], ports: tcp('http-prom') }],
    }),
  ]
}
