import type { Command } from 'commander'
import type { Kustomization } from '../../api/kustomization.ts'
import type { KubeClient } from '../../kube/client-types.ts'
import type { JsonObject } from '../../manifest/json.ts'
import { formatRef, type ObjectRef, refOf } from '../../manifest/object.ts'
import { toYaml } from '../../manifest/yaml/to-yaml.ts'
import { inventoryRefs } from '../../plan/inventory.ts'
import type { CliContext, GlobalOptions } from '../context.ts'
import { kustomization } from '../kinds.ts'
import { mustFind, namespaceOf, withCluster } from './shared.ts'

interface Tree {
  readonly ref: ObjectRef
  readonly children: readonly Tree[]
}

/** What belongs to a Kustomization by its inventory, and to the Kustomizations in it. Each is entered once. */
async function treeOf(cluster: KubeClient, object: Kustomization, compact: boolean, seen: Set<string>): Promise<Tree> {
  const refs = inventoryRefs(object.status?.inventory?.entries ?? [])
  const children: Tree[] = []
  for (const ref of refs) {
    const nested = ref.kind === kustomization.gvk.kind && ref.group === kustomization.gvk.group
    const key = formatRef(ref)
    if (!nested) {
      if (!compact) children.push({ ref, children: [] })
    } else if (!seen.has(key)) {
      seen.add(key)
      const child = (await cluster.get(ref)) as Kustomization | undefined
      children.push(child === undefined ? { ref, children: [] } : await treeOf(cluster, child, compact, seen))
    }
  }
  return { ref: refOf(object), children }
}

function draw({ ref, children }: Tree, indent = ''): string {
  const lines = children.map((child, index) => {
    const last = index === children.length - 1
    return `${indent}${last ? '└── ' : '├── '}${draw(child, `${indent}${last ? '    ' : '│   '}`)}`
  })
  return [formatRef(ref), ...lines].join('\n')
}

function dataOf({ ref, children }: Tree): JsonObject {
  const { group, kind, name, namespace } = ref
  return {
    resource: { Namespace: namespace, Name: name, GroupKind: { Group: group, Kind: kind } },
    ...(children.length > 0 && { resources: children.map(dataOf) }),
  }
}

/** `lockstep tree kustomization NAME`: what a Kustomization holds. */
export function registerTree(program: Command, context: CliContext): void {
  program
    .command('tree')
    .description('Show what belongs to a Kustomization')
    .command('kustomization <name>')
    .alias('ks')
    .description('Show what belongs to a Kustomization')
    .option('--compact', 'only Kustomizations')
    .option('-o, --output <format>', 'json or yaml')
    .action(async (name: string, _: unknown, self: Command) => {
      const options = self.optsWithGlobals<GlobalOptions & { compact?: boolean; output?: string }>()
      await withCluster(context, options, async cluster => {
        const object = (await mustFind(cluster, kustomization, namespaceOf(options, context), name)) as Kustomization
        const tree = await treeOf(cluster, object, options.compact === true, new Set([formatRef(refOf(object))]))
        if (options.output === 'json') context.terminal.out(`${JSON.stringify(dataOf(tree), null, 2)}\n`)
        else if (options.output === 'yaml') context.terminal.out(`${toYaml(dataOf(tree))}\n`)
        else context.terminal.out(`${draw(tree)}\n\n`)
      })
    })
}
