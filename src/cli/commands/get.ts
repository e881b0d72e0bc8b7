import type { Command } from 'commander'
import type { KubeClient } from '../../kube/client-types.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { type CliContext, defaultNamespace, type GlobalOptions } from '../context.ts'
import { CommandFailure } from '../failure.ts'
import { type CliKind, cliKinds, gitSource, kustomization } from '../kinds.ts'
import { formatObjects, type OutputFormat, parseOutput } from '../output.ts'
import { type Summary, summaryOf } from '../summary.ts'
import { formatTable } from '../table.ts'

interface GetOptions extends GlobalOptions {
  readonly allNamespaces?: boolean
  readonly labelSelector?: string
  readonly statusSelector?: string
  readonly header: boolean
  readonly output?: string
  readonly watch?: boolean
}

function scopeOf(options: GetOptions, context: CliContext): string | undefined {
  return options.allNamespaces === true ? undefined : (options.namespace ?? defaultNamespace(context.env))
}

async function find(
  cluster: KubeClient,
  kind: CliKind,
  name: string | undefined,
  namespace: string | undefined,
  options: GetOptions,
): Promise<readonly KubeObject[]> {
  if (name !== undefined && namespace !== undefined) {
    const object = await cluster.get({ ...kind.gvk, namespace, name })
    if (object !== undefined) return [object]
    throw new CommandFailure(`${kind.gvk.kind} object '${name}' not found in "${namespace}" namespace`)
  }
  const objects = await cluster.list(kind.gvk, {
    ...(namespace !== undefined && { namespace }),
    ...(options.labelSelector !== undefined && { labelSelector: options.labelSelector }),
  })
  return objects
    .filter(object => name === undefined || object.metadata.name === name)
    .filter(object => matchesStatus(object, kind, options.statusSelector))
    .toSorted(
      (a, b) => compare(a.metadata.namespace, b.metadata.namespace) || compare(a.metadata.name, b.metadata.name),
    )
}

function compare(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** `ready=false`: condition type and status, case does not matter. */
function matchesStatus(object: KubeObject, kind: CliKind, selector: string | undefined): boolean {
  if (selector === undefined) return true
  const [type = '', status = ''] = selector.split('=')
  if (type.toLowerCase() !== 'ready')
    throw new CommandFailure(`expected status selector in type=status format, got: ${selector}`)
  return summaryOf(kind, object).ready.toLowerCase() === status.toLowerCase()
}

function title(value: boolean): string {
  return value ? 'True' : 'False'
}

function rowOf(summary: Summary, prefix: string, withNamespace: boolean): readonly string[] {
  const { namespace, name, revision, suspended, ready, message } = summary
  const cells = [`${prefix}${name}`, revision, title(suspended), ready, message.replaceAll('\n', ' ')]
  return withNamespace ? [namespace, ...cells] : cells
}

const COLUMNS = ['NAME', 'REVISION', 'SUSPENDED', 'READY', 'MESSAGE']

function printTable(
  context: CliContext,
  kind: CliKind,
  objects: readonly KubeObject[],
  prefixed: boolean,
  options: GetOptions,
): void {
  const all = options.allNamespaces === true
  const prefix = prefixed ? `${kind.gvk.kind.toLowerCase()}/` : ''
  const header = all ? ['NAMESPACE', ...COLUMNS] : COLUMNS
  const rows = objects.map(object => rowOf(summaryOf(kind, object), prefix, all))
  context.terminal.out(`${formatTable(options.header ? header : undefined, rows)}\n`)
}

async function watch(
  context: CliContext,
  cluster: KubeClient,
  kind: CliKind,
  name: string | undefined,
  options: GetOptions,
): Promise<void> {
  const { watchResource } = await import('../../kube/informer.ts')
  const namespace = scopeOf(options, context)
  let header = options.header
  const informer = watchResource(cluster, kind.gvk, {
    ...(namespace !== undefined && { namespace }),
    ...(options.labelSelector !== undefined && { labelSelector: options.labelSelector }),
    ...(name !== undefined && { fieldSelector: `metadata.name=${name}` }),
    onChange(change) {
      if (change.type === 'deleted') return
      const all = options.allNamespaces === true
      const row = rowOf(summaryOf(kind, change.object), '', all)
      context.terminal.out(formatTable(header ? (all ? ['NAMESPACE', ...COLUMNS] : COLUMNS) : undefined, [row]))
      header = false
    },
  })
  await new Promise<void>(resolve => context.signal.addEventListener('abort', () => resolve()))
  informer.close()
}

async function getKinds(
  context: CliContext,
  kinds: readonly CliKind[],
  name: string | undefined,
  options: GetOptions,
): Promise<void> {
  const cluster = await context.connect(options)
  const format: OutputFormat | undefined = parseOutput(options.output)
  const namespace = scopeOf(options, context)
  const several = kinds.length > 1
  const [only] = kinds
  if (options.watch === true && only !== undefined && !several)
    return await watch(context, cluster, only, name, options)
  const found = await Promise.all(kinds.map(kind => find(cluster, kind, name, namespace, options)))
  await cluster.close()
  if (found.every(objects => objects.length === 0)) {
    const what = several ? 'objects' : `${only?.gvk.kind} objects`
    throw new CommandFailure(`no ${what} found${namespace === undefined ? '' : ` in "${namespace}" namespace`}`)
  }
  if (format !== undefined) return context.terminal.out(formatObjects(found.flat(), format))
  for (const [index, kind] of kinds.entries()) {
    const objects = found[index] ?? []
    if (objects.length > 0) printTable(context, kind, objects, several || options.output === 'prefixed', options)
  }
}

function withListOptions(command: Command): Command {
  return command
    .option('-A, --all-namespaces', 'list the objects of all namespaces')
    .option('-l, --label-selector <selector>', 'only objects whose labels match')
    .option('--status-selector <condition>', 'only objects with this state, such as ready=false')
    .option('--no-header', 'leave out the header')
    .option('-o, --output <format>', 'json, yaml, name or wide')
    .option('-w, --watch', 'go on and print every change')
}

/** `lockstep get …`: lists sources and Kustomizations with their state. */
export function registerGet(program: Command, context: CliContext): void {
  const get = program.command('get').description('Show sources and Kustomizations and how they are')
  const add = (
    parent: Command,
    name: string,
    aliases: readonly string[],
    description: string,
    kinds: readonly CliKind[],
  ) =>
    withListOptions(parent.command(`${name} [name]`).aliases(aliases).description(description)).action(
      (object: string | undefined, _: unknown, command: Command) =>
        getKinds(context, kinds, object, command.optsWithGlobals<GetOptions>()),
    )
  const sources = get.command('sources').alias('source').description('Show sources')
  add(sources, 'git', ['gitrepository', 'gitrepositories'], 'Show GitRepositories', [gitSource])
  add(
    sources,
    'all',
    [],
    'Show every kind of source',
    cliKinds.filter(kind => kind.group === 'sources'),
  )
  add(get, 'kustomizations', ['kustomization', 'ks'], 'Show Kustomizations', [kustomization])
  add(get, 'all', [], 'Show everything', cliKinds)
}
