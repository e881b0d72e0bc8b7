import type { Command } from 'commander'
import semver from 'semver'
import type { KubeClient } from '../../kube/client-types.ts'
import type { KubeObject } from '../../manifest/object.ts'
import type { CliContext, GlobalOptions } from '../context.ts'
import { CommandFailure } from '../failure.ts'
import { cliKinds } from '../kinds.ts'
import type { Terminal } from '../terminal.ts'
import { namespaceOf, withCluster } from './shared.ts'

/** The Kubernetes versions that are tested. */
const KUBERNETES = '>=1.33.0-0'
const PART_OF = 'app.kubernetes.io/part-of=flux'

interface Workload extends KubeObject {
  readonly spec: {
    readonly replicas?: number
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } }
  }
  readonly status?: { readonly readyReplicas?: number; readonly updatedReplicas?: number }
}

async function checkKubernetes(cluster: KubeClient, terminal: Terminal): Promise<boolean> {
  const text = (await cluster.version()).replace(/^v/, '')
  if (semver.satisfies(semver.coerce(text) ?? text, KUBERNETES)) {
    terminal.done(`Kubernetes ${text} ${KUBERNETES}`)
    return true
  }
  terminal.fail(`Kubernetes version v${text} does not match ${KUBERNETES}; upgrade the cluster`)
  return false
}

async function checkDeployments(cluster: KubeClient, namespace: string, terminal: Terminal): Promise<boolean> {
  const found = (await cluster.list(
    { group: 'apps', version: 'v1', kind: 'Deployment' },
    { namespace, labelSelector: PART_OF },
  )) as readonly Workload[]
  if (found.length === 0) {
    terminal.fail(
      `no engine found in the '${namespace}' namespace with the label selector '${PART_OF}'; run: lockstep install`,
    )
    return false
  }
  const ready = found.map(deployment => {
    const { name } = deployment.metadata
    const wanted = deployment.spec.replicas ?? 1
    const have = Math.min(deployment.status?.readyReplicas ?? 0, deployment.status?.updatedReplicas ?? 0)
    const isReady = have >= wanted
    if (isReady) terminal.done(`${name}: deployment ready`)
    else
      terminal.fail(
        `${name}: ${have} of ${wanted} replicas are ready; see: kubectl -n ${namespace} describe deployment ${name}`,
      )
    for (const { image } of deployment.spec.template.spec.containers) terminal.doing(image)
    return isReady
  })
  return ready.every(Boolean)
}

async function checkDefinitions(cluster: KubeClient, terminal: Terminal): Promise<boolean> {
  const definitions = await cluster.list({
    group: 'apiextensions.k8s.io',
    version: 'v1',
    kind: 'CustomResourceDefinition',
  })
  const found = new Map(definitions.map(each => [each.metadata.name, each]))
  const checks = cliKinds.map(({ gvk, resource }) => {
    const name = `${resource}.${gvk.group}`
    const definition = found.get(name)
    if (definition === undefined) {
      terminal.fail(`${name} is missing; run: lockstep install`)
      return false
    }
    const stored = (definition['status'] as { storedVersions?: readonly string[] } | undefined)?.storedVersions ?? []
    terminal.done(`${name}/${stored.join(',') || gvk.version}`)
    return true
  })
  return checks.every(Boolean)
}

/** `lockstep check`: whether a cluster can have an installation, and how the one that it has is. */
export function registerCheck(program: Command, context: CliContext): void {
  program
    .command('check')
    .description('Check the cluster and what is installed in it')
    .option('--pre', 'only what has to be there before the installation')
    .action(async (_: unknown, self: Command) => {
      const options = self.optsWithGlobals<GlobalOptions & { pre?: boolean }>()
      const { terminal } = context
      await withCluster(context, options, async cluster => {
        terminal.doing('checking prerequisites')
        const prerequisites = await checkKubernetes(cluster, terminal)
        if (options.pre === true) {
          if (!prerequisites) throw new CommandFailure('')
          return terminal.done('prerequisites checks passed')
        }
        terminal.doing('checking controllers')
        const deployments = await checkDeployments(cluster, namespaceOf(options, context), terminal)
        terminal.doing('checking crds')
        const definitions = await checkDefinitions(cluster, terminal)
        if (!(prerequisites && deployments && definitions)) throw new CommandFailure('check failed')
        terminal.done('all checks passed')
      })
    })
}
