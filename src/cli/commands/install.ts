import type { Command } from 'commander'
import type { KubeObject } from '../../manifest/object.ts'
import { toYaml } from '../../manifest/yaml/to-yaml.ts'
import { type CliContext, defaultNamespace, type GlobalOptions } from '../context.ts'
import { installManifests } from '../install/manifests.ts'
import { version } from '../version.ts'

interface InstallFlags extends GlobalOptions {
  readonly export?: boolean
  readonly image?: string
  readonly restricted?: boolean
  readonly logLevel: string
  readonly watchAllNamespaces: string
}

/** `lockstep install`: puts CRDs, RBAC and the engine into a cluster, or prints them. */
export function registerInstall(program: Command, context: CliContext): void {
  program
    .command('install')
    .description('Install Lockstep into a cluster, or print what would be installed')
    .option('--export', 'print the manifests instead of applying them')
    .option('--image <image>', 'container image of the engine')
    .option('--restricted', 'act only as the service accounts that objects name, not as cluster-admin')
    .option('--log-level <level>', 'debug, info or error', 'info')
    .option('--watch-all-namespaces <bool>', 'reconcile objects of all namespaces', 'true')
    .action(async (_: unknown, command: Command) => {
      const flags = command.optsWithGlobals<InstallFlags>()
      const objects = installManifests({
        namespace: flags.namespace ?? defaultNamespace(context.env),
        version: version(),
        image: flags.image ?? `lockstep:v${version()}`,
        restricted: flags.restricted === true,
        logLevel: flags.logLevel,
        watchAllNamespaces: flags.watchAllNamespaces !== 'false',
      })
      if (flags.export === true) return context.terminal.out(objects.map(object => `---\n${toYaml(object)}`).join(''))
      const cluster = await context.connect(flags)
      for (const object of objects) {
        const { kind, metadata } = object as KubeObject
        await cluster.apply(object as KubeObject, { fieldManager: 'lockstep', force: true })
        context.terminal.done(`${kind}/${metadata.name}`)
      }
      await cluster.close()
      context.terminal.done('install finished')
    })
}
