import type { Repository } from './repository.ts'

interface GuideOptions {
  readonly repository: Repository
  readonly kubeconfig: string | undefined
  readonly dataDir: string
  readonly keep: boolean
}

/** What to do next, as text for a terminal. */
export function guide({ repository, kubeconfig, dataDir, keep }: GuideOptions): string {
  const { branch, url, writable } = repository
  const cluster =
    kubeconfig === undefined
      ? []
      : [
          '',
          'Look at it from another terminal:',
          `  export KUBECONFIG=${kubeconfig}`,
          '  kubectl get kustomizations,deployments,pods -A',
          'It serves the Kubernetes API from this process; its workloads are simulated, and it is no replacement for Kubernetes.',
        ]
  const sample = writable
    ? [
        '',
        'Change something:',
        `  git clone ${url} && cd druppie-apps`,
        '  sed -i "s/newTag: 2.4.0/newTag: 2.4.1/" applications/overlays/production/catalog/kustomization.yaml',
        '  git commit -am "catalog 2.4.1" && git push',
        '',
        'Then try:',
        '  break a file (echo "a: [" > applications/base/orders/service.yaml), push, and read the error here',
        '  kubectl scale deployment/catalog -n production --replicas=9     # undone at once',
        '  kubectl delete deployment/storefront -n staging                 # back at once',
      ]
    : ['', `Commit to ${branch}, and it is applied.`]
  const state = keep ? `State is kept in ${dataDir}.` : 'Nothing stays behind.'
  return `${[...cluster, ...sample, '', `Ctrl-C stops everything. ${state}`, ''].join('\n')}\n`
}
