/** Flags of the Flux controllers that have no place here, and what to do instead. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [/^events-addr$/, 'there is no notification controller to send events to; they are written as Kubernetes events'],
  [/^concurrent-ssa$/, 'how much is applied at once follows from how fast the API server answers; leave it out'],
  [/^(kube-api-qps|kube-api-burst)$/, 'requests are limited by what the API server can take; leave it out'],
  [/^http-retry$/, 'artifacts are not downloaded: sources and Kustomizations are served by one process; leave it out'],
  [/^sops-vault-configmap$/, "put a token into the decryption Secret as 'sops.vault-token'"],
  [
    /^insecure-kubeconfig-/,
    'kubeconfigs from Secrets run no programs and check certificates; put a token and a CA into it',
  ],
  [/^override-manager$/, 'remove the other manager from the objects, or let it manage fields of its own'],
  [/^custom-apply-stage-kinds$/, 'order kinds by a Kustomization of their own and dependsOn'],
  [/^helm-/, 'Helm is not served here'],
  [/^ssh-(kex|hostkey)-algos$/, 'the algorithms are those of the installed ssh; configure them in its ssh_config'],
  [/^artifact-retention-/, 'artifacts are kept as long as a status names them, and the one before for a minute'],
  [/^watch-configs-label-selector$/, 'ConfigMaps and Secrets that are referred to are watched without a label'],
  [/^token-cache-/, 'tokens are kept until they expire'],
  [/^leader-election-(id|namespace)$/, 'set RUNTIME_NAMESPACE; the name follows from --watch-label-selector'],
  [/^(pprof|profiling)/, 'run with NODE_OPTIONS=--cpu-prof, or read the metrics'],
]

/** Why a flag that is not known is refused. */
export function whyRefused(name: string): string {
  const hint = HINTS.find(([pattern]) => pattern.test(name))?.[1]
  return hint === undefined ? 'there is no such flag (see: lockstep run --help)' : `is not supported (${hint})`
}
