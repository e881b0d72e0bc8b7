import type { JsonObject } from '../../manifest/json.ts'

/** What an installation may differ in. */
export interface InstallOptions {
  readonly namespace: string
  /** Version of Lockstep, without `v`. */
  readonly version: string
  readonly image: string
  /** Act only as the service accounts that objects name, instead of as cluster-admin. */
  readonly restricted: boolean
  readonly logLevel: string
  readonly watchAllNamespaces: boolean
}

/** Name of the Deployment and of what belongs to it. */
export const NAME = 'lockstep'

/** The labels by which the `flux` CLI finds what belongs to an installation. */
export function labelsOf({ namespace, version }: InstallOptions): Record<string, string> {
  return {
    'app.kubernetes.io/component': NAME,
    'app.kubernetes.io/instance': namespace,
    'app.kubernetes.io/part-of': 'flux',
    'app.kubernetes.io/version': `v${version}`,
  }
}

/** Metadata of an object in the installation's namespace. */
export function metadataIn(options: InstallOptions, name: string = NAME): JsonObject {
  return { name, namespace: options.namespace, labels: labelsOf(options) }
}
