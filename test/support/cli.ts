import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { CliContext } from '../../src/cli/context.ts'
import { runProgram } from '../../src/cli/program.ts'
import type { KubeClient } from '../../src/kube/client-types.ts'
import { ApiError } from '../../src/kube/cluster.ts'
import { isObject, type JsonValue } from '../../src/manifest/json.ts'
import {
  type GroupVersionKind,
  gvkOf,
  type KubeObject,
  type ObjectRef,
  refKey,
  refOf,
} from '../../src/manifest/object.ts'
import { matchesLabels, parseSelector } from '../../src/manifest/selector.ts'

/** What a command line ended with. */
export interface Ended {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

/** A client that serves a list of objects from memory; writes go into the list, and `writes` tells of them. */
export interface ListedCluster {
  readonly client: KubeClient
  readonly objects: KubeObject[]
  readonly writes: string[]
}

function merge(value: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isObject(patch)) return patch
  const base: Record<string, JsonValue | undefined> = { ...(isObject(value) ? value : {}) }
  for (const [key, item] of Object.entries(patch)) {
    if (item === null || item === undefined) delete base[key]
    else base[key] = merge(base[key], item)
  }
  return base
}

/** Serves objects as the commands of the CLI ask for them. */
export function listedCluster(initial: readonly KubeObject[]): ListedCluster {
  const objects = [...initial]
  const writes: string[] = []
  const isKind = (gvk: GroupVersionKind) => (object: KubeObject) => {
    const own = gvkOf(object)
    return own.kind === gvk.kind && own.group === gvk.group
  }
  const indexOf = (ref: ObjectRef) => objects.findIndex(object => refKey(refOf(object)) === refKey(ref))
  const list: KubeClient['list'] = async (gvk, options = {}) => {
    const parsed = parseSelector(options.labelSelector ?? '')
    return objects
      .filter(isKind(gvk))
      .filter(({ metadata }) => options.namespace === undefined || metadata.namespace === options.namespace)
      .filter(({ metadata }) => parsed.error !== undefined || matchesLabels(parsed.value, metadata.labels ?? {}))
      .filter(
        ({ metadata }) =>
          (options.fieldSelector ?? '').split('=')[1] === undefined ||
          options.fieldSelector === `metadata.name=${metadata.name}`,
      )
  }
  const put = (object: KubeObject, verb: string) => {
    const ref = refOf(object)
    writes.push(`${verb} ${ref.kind}/${ref.namespace}/${ref.name}`)
    const index = indexOf(ref)
    if (index < 0) objects.push(object)
    else objects[index] = object
    return object
  }
  const kinds = () =>
    [...new Map(objects.map(object => [`${object.apiVersion}/${object.kind}`, object])).values()].map(object => ({
      ...gvkOf(object),
      plural: `${object.kind.toLowerCase()}s`,
      namespaced: object.metadata.namespace !== undefined,
      verbs: ['get', 'list', 'watch', 'patch', 'delete'],
      subresources: [],
      shortNames: [],
      categories: [],
    }))
  const client: Partial<KubeClient> = {
    name: 'listed',
    server: 'https://listed.test',
    namespace: 'default',
    list,
    async resource(gvk) {
      const found = kinds().find(each => each.kind === gvk.kind && each.group === gvk.group)
      if (found !== undefined) return found
      throw new ApiError({ code: 404, reason: 'NoKindMatch', message: `no matches for kind "${gvk.kind}"` })
    },
    resources: async () => kinds(),
    get: async ref => objects[indexOf(ref)],
    listPage: async (gvk, options) => ({ items: await list(gvk, options), resourceVersion: '1' }),
    async *watch(_, options) {
      await new Promise<void>(resolve => options?.signal?.addEventListener('abort', () => resolve()))
    },
    create: async object => put(object, 'create'),
    update: async object => put(object, 'update'),
    apply: async object => put(object, 'apply'),
    async patch(ref, patch) {
      const index = indexOf(ref)
      const before = objects[index]
      if (before === undefined) throw new ApiError({ code: 404, reason: 'NotFound', message: `${ref.name} not found` })
      return put(merge(before as unknown as JsonValue, patch) as unknown as KubeObject, 'patch')
    },
    async delete(ref) {
      const index = indexOf(ref)
      if (index < 0) return undefined
      writes.push(`delete ${ref.kind}/${ref.namespace}/${ref.name}`)
      return objects.splice(index, 1)[0]
    },
    invalidate() {},
    version: async () => 'v1.34.4',
    close: async () => {},
  }
  return { client: client as KubeClient, objects, writes }
}

/** Runs a command line against a cluster. The time stands still at `now`; Ctrl-C comes when the output fits `stopAt`. */
export async function runCommand(
  line: string | readonly string[],
  cluster?: KubeClient,
  { now = new Date('2026-11-21T03:03:00Z'), stopAt }: { readonly now?: Date; readonly stopAt?: RegExp } = {},
): Promise<Ended> {
  const interrupt = new AbortController()
  let [stdout, stderr] = ['', '']
  const say = (mark: string) => (text: string) => {
    stderr += `${mark} ${text}\n`
  }
  const context: CliContext = {
    terminal: {
      out: text => {
        stdout += text
        if (stopAt?.test(stdout)) interrupt.abort()
      },
      err: text => {
        stderr += text
      },
      doing: say('►'),
      waiting: say('◎'),
      done: say('✔'),
      warn: say('⚠'),
      fail: say('✗'),
    },
    env: {},
    signal: interrupt.signal,
    clock: () => now,
    async connect() {
      if (cluster === undefined) throw new Error('this command must not need a cluster')
      return cluster
    },
    async confirm() {
      return true
    },
  }
  const exit = await runProgram(typeof line === 'string' ? line.split(' ') : line, context)
  return { exit, stdout, stderr }
}

const recordings = path.join(
  process.env['LOCKSTEP_CORPORA'] ?? path.resolve(import.meta.dirname, '../../../shared/corpora'),
  '../recordings',
)

/** The objects that the real Flux left behind in a scenario. */
export function recordedObjects(scenario: string): readonly KubeObject[] {
  const text = readFileSync(path.join(recordings, 'flux', `${scenario}.json`), 'utf8')
  return (JSON.parse(text) as { final: readonly KubeObject[] }).final
}

/** What the stock `flux` CLI printed for a command. */
export function recordedOutput(command: string): Ended {
  const text = readFileSync(path.join(recordings, 'flux-cli.json'), 'utf8')
  const all = JSON.parse(text) as readonly (Ended & { readonly command: string })[]
  const found = all.find(each => each.command === command)
  if (found === undefined) throw new Error(`there is no recording of '${command}'`)
  const { exit, stdout, stderr } = found
  return { exit, stdout, stderr }
}
