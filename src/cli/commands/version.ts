import type { Command } from 'commander'
import { toYaml } from '../../manifest/yaml/to-yaml.ts'
import type { CliContext, GlobalOptions } from '../context.ts'
import { version } from '../version.ts'
import { namespaceOf, withCluster } from './shared.ts'

interface VersionOptions extends GlobalOptions {
  readonly client?: boolean
  readonly output?: string
}

interface Workload {
  readonly spec?: {
    readonly template?: { readonly spec?: { readonly containers?: readonly { name?: string; image?: string }[] } }
  }
}

/** `lockstep version`: of this program and of what is installed. */
export function registerVersion(program: Command, context: CliContext): void {
  program
    .command('version')
    .description('Print the version of this program and of what is installed')
    .option('--client', 'only this program; needs no cluster')
    .option('-o, --output <format>', 'json or yaml')
    .action(async (_: unknown, self: Command) => {
      const options = self.optsWithGlobals<VersionOptions>()
      const versions: Record<string, string> = { lockstep: `v${version()}` }
      if (options.client !== true) Object.assign(versions, await installedVersions(context, options))
      if (options.output === 'json') context.terminal.out(`${JSON.stringify(versions, null, 2)}\n`)
      else if (options.output === 'yaml') context.terminal.out(toYaml(versions))
      else for (const [name, text] of Object.entries(versions)) context.terminal.out(`${name}: ${text}\n`)
    })
}

/** Image tags of the deployments that are part of an installation, and the version of its CRDs. */
async function installedVersions(context: CliContext, options: GlobalOptions): Promise<Record<string, string>> {
  return await withCluster(context, options, async cluster => {
    const labelSelector = 'app.kubernetes.io/part-of=flux'
    const namespace = namespaceOf(options, context)
    const [deployments, definitions] = await Promise.all([
      cluster.list({ group: 'apps', version: 'v1', kind: 'Deployment' }, { namespace, labelSelector }),
      cluster.list(
        { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' },
        { labelSelector },
      ),
    ])
    const images = deployments.map((each): [string, string] => {
      const [first] = (each as unknown as Workload).spec?.template?.spec?.containers ?? []
      return [`${each.metadata.name} (installed)`, first?.image?.replace(/^.*:/, '') ?? 'unknown']
    })
    const distribution = definitions.find(
      ({ metadata }) => metadata.name === 'gitrepositories.source.toolkit.fluxcd.io',
    )?.metadata.labels?.['app.kubernetes.io/version']
    return {
      ...(distribution !== undefined && { distribution: `flux-${distribution}` }),
      ...Object.fromEntries(images),
    }
  })
}
