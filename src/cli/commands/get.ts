import type { Command } from 'commander'
import type { KubeClient } from '../../kube/client-types.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { type CliContext, defaultNamespace, type GlobalOptions } from '../context.ts'
import { CommandFailure } from '../failure.ts'
import { type CliKind, cliKinds, gitSource, kustomization } from '../kinds.ts'
import { formatObjects, type OutputFormat, parseOutput } from '../output.ts'
import { conditionsOf, summaryOf, wideSummaryOf } from '../summary.ts'
import { formatTable } from '../table.ts'
import { timeoutOf } from './shared.ts'

interface GetOptions extends GlobalOptions {
  readonly allNamespaces?: boolean
  readonly labelSelector?: string
  readonly statusSelector?: string
  readonly header: boolean
  readonly output?: string
  readonly watch?: boolean
  readonly showSource?: boolean
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
    .filter(object => matchesStatus(object, options.statusSelector))
    .toSorted(
      (a, b) => compare(a.metadata.namespace, b.metadata.namespace) || compare(a.metadata.name, b.metadata.name),
    )
}

function compare(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** `ready=false`: condition type and status, in any case. A condition that an object does not have is unknown. */
function matchesStatus(object: KubeObject, selector: string | undefined): boolean {
  if (selector === undefined) return true
  const [type = '', status = '', rest] = selector.toLowerCase().split('=')
  if (type === '' || status === '' || rest !== undefined)
    throw new CommandFailure(`expected status selector in type=status format, but found: ${selector}`)
  const found = conditionsOf(object).find(condition => condition.type.toLowerCase() === type)
  return (found?.status.toLowerCase() ?? 'unknown') === status
}

function title(value: boolean): string {
  return value ? 'True' : 'False'
}

/** The columns that a table has by its options, and how to fill them. */
interface Layout {
  readonly header: readonly string[]
  readonly row: (object: KubeObject) => readonly string[]
}

function layoutOf(kind: CliKind, prefixed: boolean, options: GetOptions, now: Date): Layout {
  const all = options.allNamespaces === true
  const wide = options.output === 'wide'
  const withSource = options.showSource === true && !wide && kind === kustomization
  const prefix = prefixed ? `${kind.gvk.kind.toLowerCase()}/` : ''
  return {
    header: [
      ...(all ? ['NAMESPACE'] : []),
      'NAME',
      'REVISION',
      'SUSPENDED',
      'READY',
      ...(withSource ? ['SOURCE'] : []),
      'MESSAGE',
      ...(wide ? ['SOURCE', ...(kind === kustomization ? ['PATH'] : []), 'LAST RECONCILED', 'AGE'] : []),
    ],
    row(object) {
      const { namespace, name, revision, suspended, ready, message } = summaryOf(kind, object)
      const { source, path, lastReconciled, age } = wideSummaryOf(object, now)
      return [
        ...(all ? [namespace] : []),
        `${prefix}${name}`,
        revision,
        title(suspended),
        ready,
        ...(withSource ? [source] : []),
        message,
        ...(wide ? [source, ...(kind === kustomization ? [path] : []), lastReconciled, age] : []),
      ]
    },
  }
}

/** Prints every object, and from then on every one that changes, until Ctrl-C or the timeout. */
async function watch(
  context: CliContext,
  cluster: KubeClient,
  kind: CliKind,
  name: string | undefined,
  options: GetOptions,
): Promise<void> {
  const { watchResource } = await import('../../kube/informer.ts')
  const namespace = scopeOf(options, context)
  const layout = layoutOf(kind, false, options, context.clock())
  const broken = Promise.withResolvers<never>()
  let header = options.header
  const informer = watchResource(cluster, kind.gvk, {
    ...(namespace !== undefined && { namespace }),
    ...(options.labelSelector !== undefined && { labelSelector: options.labelSelector }),
    ...(name !== undefined && { fieldSelector: `metadata.name=${name}` }),
    onState: ({ phase, error }) => {
      if (phase === 'denied' || phase === 'absent')
        broken.reject(
          error ??
            new CommandFailure(`the cluster has no ${kind.gvk.kind} objects; install them with: lockstep install`),
        )
    },
    onChange(change) {
      if (change.type === 'deleted' || !matchesStatus(change.object, options.statusSelector)) return
      context.terminal.out(formatTable(header ? layout.header : undefined, [layout.row(change.object)]))
      header = false
    },
  })
  try {
    await Promise.race([broken.promise, until(context.signal, options.timeout)])
  } finally {
    informer.close()
    await cluster.close()
  }
}

/** Resolves by Ctrl-C; fails when the time is over. */
async function until(signal: AbortSignal, timeout: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(() => reject(new CommandFailure('timed out waiting for the condition')), timeoutOf(timeout))
  const stop = () => resolve()
  signal.addEventListener('abort', stop, { once: true })
  try {
    await promise
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

async function getKinds(
  context: CliContext,
  kinds: readonly CliKind[],
  name: string | undefined,
  options: GetOptions,
  prefixed: boolean,
): Promise<void> {
  const format: OutputFormat | undefined = parseOutput(options.output)
  if (options.watch === true && kinds.length > 1)
    throw new CommandFailure('--watch is for one kind: lockstep get kustomizations --watch')
  const cluster = await context.connect(options)
  const [only] = kinds
  if (options.watch === true && only !== undefined) return await watch(context, cluster, only, name, options)
  const namespace = scopeOf(options, context)
  const found = await Promise.all(kinds.map(kind => find(cluster, kind, name, namespace, options))).finally(() =>
    cluster.close(),
  )
  if (found.every(objects => objects.length === 0)) {
    const what = kinds.length > 1 ? 'objects' : `${only?.gvk.kind} objects`
    throw new CommandFailure(`no ${what} found${namespace === undefined ? '' : ` in "${namespace}" namespace`}`)
  }
  if (format !== undefined) return context.terminal.out(formatObjects(found.flat(), format))
  for (const [index, kind] of kinds.entries()) {
    const objects = found[index] ?? []
    if (objects.length === 0) continue
    const { header, row } = layoutOf(kind, prefixed, options, context.clock())
    const table = formatTable(options.header ? header : undefined, objects.map(row))
    context.terminal.out(prefixed ? `${table}\n` : table)
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
    .option('--show-source', 'show where Kustomizations come from')
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
    prefixed = false,
  ) =>
    withListOptions(parent.command(`${name} [name]`).aliases(aliases).description(description)).action(
      (object: string | undefined, _: unknown, command: Command) =>
        getKinds(context, kinds, object, command.optsWithGlobals<GetOptions>(), prefixed),
    )
  const sources = get.command('sources').alias('source').description('Show sources')
  add(sources, 'git', ['gitrepository', 'gitrepositories'], 'Show GitRepositories', [gitSource])
  add(
    sources,
    'all',
    [],
    'Show every kind of source',
    cliKinds.filter(kind => kind.group === 'sources'),
    true,
  )
  add(get, 'kustomizations', ['kustomization', 'ks'], 'Show Kustomizations', [kustomization])
  add(get, 'all', [], 'Show everything', cliKinds, true)
}
