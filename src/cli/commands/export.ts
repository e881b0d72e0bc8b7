import type { Command } from 'commander'
import { formatDuration, parseDuration } from '../../api/duration.ts'
import { isObject, type JsonObject, type JsonValue } from '../../manifest/json.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { toYaml } from '../../manifest/yaml/to-yaml.ts'
import type { CliContext, GlobalOptions } from '../context.ts'
import { type CliKind, gitSource, kustomization } from '../kinds.ts'
import { namespaceOf, select, withCluster } from './shared.ts'

const DURATIONS = ['interval', 'retryInterval', 'timeout']

/** Durations as Go prints them, and no fields that say nothing. */
function normalise(spec: JsonObject): JsonObject {
  const entries = Object.entries(spec)
    .filter(([key, value]) => value !== undefined && !(key === 'force' && value === false))
    .map(([key, value]): [string, JsonValue] => {
      const ms = DURATIONS.includes(key) && typeof value === 'string' ? parseDuration(value) : undefined
      return [key, ms === undefined ? (value ?? null) : formatDuration(ms)]
    })
  return Object.fromEntries(entries)
}

/** An object as one would write it into Git: without what the cluster added. */
export function exportable(object: KubeObject): JsonObject {
  const { apiVersion, kind, metadata } = object
  const spec = object['spec'] as JsonValue | undefined
  const { annotations, labels, name, namespace } = metadata
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(annotations !== undefined && { annotations }),
      ...(labels !== undefined && { labels }),
    },
    ...(isObject(spec) && { spec: normalise(spec) }),
  }
}

/** The text that `export` and `create --export` print. */
export function exportText(objects: readonly KubeObject[]): string {
  return objects.map(object => `---\n${toYaml(exportable(object))}`).join('')
}

/** `lockstep export …`: prints objects as YAML for Git. */
export function registerExport(program: Command, context: CliContext): void {
  const parent = program.command('export').description('Print objects as YAML for Git')
  const add = (to: Command, name: string, alias: string | undefined, kind: CliKind) => {
    const command = to
      .command(`${name} [name]`)
      .description(`Print ${kind.gvk.kind} objects`)
      .option('--all', 'all of the namespace')
    if (alias !== undefined) command.alias(alias)
    command.action(async (object: string | undefined, _: unknown, self: Command) => {
      const options = self.optsWithGlobals<GlobalOptions & { all?: boolean }>()
      await withCluster(context, options, async cluster => {
        const names = object === undefined ? [] : [object]
        const objects = await select(cluster, kind, namespaceOf(options, context), names, options.all === true)
        context.terminal.out(exportText(objects))
      })
    })
  }
  add(parent, 'kustomization', 'ks', kustomization)
  add(parent.command('source').description('Print sources'), 'git', undefined, gitSource)
}
