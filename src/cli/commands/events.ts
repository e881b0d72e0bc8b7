import type { Command } from 'commander'
import type { KubeObject } from '../../manifest/object.ts'
import { ageOf, formatAge } from '../age.ts'
import type { CliContext, GlobalOptions } from '../context.ts'
import { CommandFailure } from '../failure.ts'
import { cliKinds } from '../kinds.ts'
import { sourceOf } from '../summary.ts'
import { formatTable } from '../table.ts'
import { namespaceOf, withCluster } from './shared.ts'

interface EventsOptions extends GlobalOptions {
  readonly allNamespaces?: boolean
  readonly for?: string
  readonly types?: string
  readonly watch?: boolean
  readonly header: boolean
}

interface KubeEvent extends KubeObject {
  readonly involvedObject: {
    readonly apiVersion?: string
    readonly kind: string
    readonly namespace?: string
    readonly name: string
  }
  readonly type: string
  readonly reason: string
  readonly message: string
  readonly count?: number
  readonly firstTimestamp?: string | null
  readonly lastTimestamp?: string | null
  readonly eventTime?: string | null
}

const EVENT = { group: '', version: 'v1', kind: 'Event' }
const TYPES = ['Normal', 'Warning']

/** `Kind/name` of the objects whose events are asked for: the named one, and where it comes from. */
async function subjectsOf(
  text: string,
  namespace: string,
  get: (ref: {
    group: string
    version: string
    kind: string
    namespace: string
    name: string
  }) => Promise<KubeObject | undefined>,
): Promise<ReadonlySet<string>> {
  const [word = '', name = '', more] = text.split('/')
  const kind = cliKinds.find(
    each => each.gvk.kind.toLowerCase() === word.toLowerCase() || each.names.includes(word.toLowerCase()),
  )
  if (name === '' || more !== undefined) throw new CommandFailure(`'${text}' names no object; write it as Kind/name`)
  if (kind === undefined) return new Set([`${word}/${namespace}/${name}`])
  const object = await get({ ...kind.gvk, namespace, name })
  const isApplier = object !== undefined && kind.group === 'appliers'
  return new Set([`${kind.gvk.kind}/${namespace}/${name}`, ...(isApplier ? [sourceOf(object)] : [])])
}

function isOurs({ involvedObject }: KubeEvent): boolean {
  return /\.(toolkit\.fluxcd\.io|lockstep\.dev)\/|^lockstep\.dev\//.test(involvedObject.apiVersion ?? '')
}

function lastSeen(event: KubeEvent): string {
  return event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? ''
}

/** `16m`, or `3m12s (x9 over 6m24s)` where it was repeated. */
function seenText(event: KubeEvent, now: Date): string {
  const last = ageOf(lastSeen(event), now)
  if ((event.count ?? 1) <= 1) return last
  const first = Date.parse(event.firstTimestamp ?? '')
  return Number.isNaN(first) ? last : `${last} (x${event.count} over ${formatAge(now.getTime() - first)})`
}

function rowOf(event: KubeEvent, withNamespace: boolean, now: Date): readonly string[] {
  const { involvedObject, message, reason, type } = event
  const cells = [seenText(event, now), type, reason, `${involvedObject.kind}/${involvedObject.name}`, message]
  return withNamespace ? [involvedObject.namespace ?? event.metadata.namespace ?? '', ...cells] : cells
}

const COLUMNS = ['LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE']

async function showEvents(context: CliContext, options: EventsOptions): Promise<void> {
  const all = options.allNamespaces === true
  const namespace = namespaceOf(options, context)
  const types = options.types?.split(',') ?? []
  const wrong = types.find(type => !TYPES.includes(type))
  if (wrong !== undefined) throw new CommandFailure(`invalid --types '${wrong}'; use ${TYPES.join(' or ')}`)
  await withCluster(context, options, async cluster => {
    const subjects =
      options.for === undefined ? undefined : await subjectsOf(options.for, namespace, ref => cluster.get(ref))
    const wanted = (event: KubeEvent) => {
      const { kind, name, namespace: at = '' } = event.involvedObject
      if (types.length > 0 && !types.includes(event.type)) return false
      return subjects === undefined ? isOurs(event) : subjects.has(`${kind}/${at}/${name}`)
    }
    const header = all ? ['NAMESPACE', ...COLUMNS] : COLUMNS
    const print = (events: readonly KubeEvent[], withHeader: boolean) =>
      context.terminal.out(
        formatTable(
          withHeader ? header : undefined,
          events.map(event => rowOf(event, all, context.clock())),
        ),
      )
    const scope = all || subjects !== undefined ? {} : { namespace }
    const page = await cluster.listPage(EVENT, scope)
    const rest = page.continue === undefined ? page.items : await cluster.list(EVENT, scope)
    const found = (rest as readonly KubeEvent[])
      .filter(wanted)
      .toSorted((a, b) => Date.parse(lastSeen(a)) - Date.parse(lastSeen(b)))
    if (found.length === 0 && options.watch !== true)
      return context.terminal.fail(all ? 'No events found.' : `No events found in ${namespace} namespace.`)
    print(found, options.header)
    if (options.watch !== true) return
    const watching = { ...scope, resourceVersion: page.resourceVersion, signal: context.signal }
    for await (const { type, object } of cluster.watch(EVENT, watching)) {
      const event = object as KubeEvent
      if ((type === 'ADDED' || type === 'MODIFIED') && wanted(event)) print([event], false)
    }
  })
}

/** `lockstep events`: what happened to sources and Kustomizations, oldest first. */
export function registerEvents(program: Command, context: CliContext): void {
  program
    .command('events')
    .description('Show what happened to sources and Kustomizations')
    .option('-A, --all-namespaces', 'the events of all namespaces')
    .option('--for <kind/name>', 'only of this object and its source')
    .option('--types <types>', 'only Normal or Warning')
    .option('-w, --watch', 'go on and print what happens')
    .option('--no-header', 'leave out the header')
    .action((_: unknown, self: Command) => showEvents(context, self.optsWithGlobals<EventsOptions>()))
}
