import { gitRepositoryKind } from '../../api/git-repository.ts'
import type { JsonObject } from '../../manifest/json.ts'
import { apiVersionOf, type KubeObject } from '../../manifest/object.ts'
import { CommandFailure } from '../failure.ts'
import { checkName, durationFlag, labelsOf } from './flags.ts'

/** Flags of `create source git`, as commander gives them. */
export interface GitRepositoryFlags {
  readonly url?: string
  readonly branch?: string
  readonly tag?: string
  readonly tagSemver?: string
  readonly refName?: string
  readonly commit?: string
  readonly interval: string
  readonly secretRef?: string
  readonly proxySecretRef?: string
  readonly provider?: string
  readonly ignorePaths?: readonly string[]
  readonly sparseCheckoutPaths?: readonly string[]
  readonly recurseSubmodules?: boolean
  readonly label?: readonly string[]
}

/** The GitRepository that the flags describe. Fails with what to add. */
export function gitRepositoryFrom(name: string, namespace: string, flags: GitRepositoryFlags): KubeObject {
  checkName(name)
  const { url, branch, tag, tagSemver, refName, commit } = flags
  if (url === undefined) throw new CommandFailure('url is required; add --url=https://… or --url=ssh://…')
  if (!/^(https?|ssh):\/\//.test(url))
    throw new CommandFailure(`git URL scheme of '${url}' is not supported, can be: ssh, http and https`)
  const ref: JsonObject = { branch, tag, semver: tagSemver, name: refName, commit }
  if (Object.values(ref).every(value => value === undefined))
    throw new CommandFailure('a Git ref is required, use one of --branch, --tag, --commit, --ref-name or --tag-semver')
  const labels = labelsOf(flags.label)
  const { ignorePaths, proxySecretRef, provider, recurseSubmodules, secretRef, sparseCheckoutPaths } = flags
  return {
    apiVersion: apiVersionOf(gitRepositoryKind),
    kind: gitRepositoryKind.kind,
    metadata: { name, namespace, ...(labels !== undefined && { labels }) },
    spec: {
      url,
      interval: durationFlag('interval', flags.interval),
      ref,
      ...(ignorePaths !== undefined && { ignore: ignorePaths.join('\n') }),
      ...(sparseCheckoutPaths !== undefined && { sparseCheckout: sparseCheckoutPaths }),
      ...(recurseSubmodules === true && { recurseSubmodules }),
      ...(secretRef !== undefined && { secretRef: { name: secretRef } }),
      ...(proxySecretRef !== undefined && { proxySecretRef: { name: proxySecretRef } }),
      ...(provider !== undefined && { provider }),
    },
  }
}
