import type { ServerResponse } from 'node:http'
import type { JsonObject } from '../../manifest/json.ts'
import { apiVersionOf, type KubeObject } from '../../manifest/object.ts'
import { systemClock } from '../clock.ts'
import { storageKey } from '../kind.ts'
import type { Resource } from '../registry/catalog.ts'
import { fromStorage, isStoredForm } from '../registry/convert.ts'
import type { Registry } from '../registry/registry.ts'
import { expired, statusObject } from '../status.ts'
import type { Stored, StoreEvent } from '../store.ts'
import { parseRevision } from './list.ts'
import type { Wanted } from './media-type.ts'
import type { ListOptions } from './options.ts'
import type { Selection } from './select.ts'
import { type IncludeObject, partialMetadata, table } from './table.ts'

/** Connections live in real time, whatever the sandbox's clock says. */
const wall = systemClock()
const BOOKMARK_INTERVAL = 60_000
/** A client that lets this much pile up is not reading; it is cut off and has to start again. */
const BACKLOG = 64 * 1024 * 1024

export interface WatchRequest {
  readonly resource: Resource
  readonly namespace: string
  readonly options: ListOptions
  readonly selected: Selection
  readonly wanted: Wanted
  readonly include: IncludeObject
}

/** An open watch. `cut` breaks the connection instead of ending the stream. */
export interface OpenWatch {
  end(cut?: boolean): void
}

/** Streams events until the client goes, the timeout is over or the watch is ended. */
export function serveWatch(
  registry: Registry,
  response: ServerResponse,
  request: WatchRequest,
  done: () => void,
): OpenWatch {
  const { resource, namespace, options, selected, wanted } = request
  const { kind, version } = resource
  const { store, clock } = registry
  const since = parseRevision(options.resourceVersion)
  const initial = options.sendInitialEvents ?? since === 0
  const plain = wanted.as === undefined && isStoredForm(kind, version)
  const here = (stored: Stored) => namespace === '' || stored.namespace === namespace
  let headless = false
  let ended = false
  let stop: (() => void) | undefined

  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' })
  response.flushHeaders()

  const write = (line: string) => {
    if (ended) return
    response.write(line)
    if (response.writableLength > BACKLOG) end(true)
  }
  const shown = (object: KubeObject): string => {
    if (wanted.as === 'Table') {
      const metadata = { resourceVersion: object.metadata.resourceVersion ?? '' }
      const rendered = table(kind, [fromStorage(kind, version, object)], {
        metadata,
        version: wanted.asVersion ?? 'v1',
        served: version.version,
        include: request.include,
        now: clock.now(),
        headless,
      })
      headless = true
      return JSON.stringify(rendered)
    }
    if (wanted.as !== undefined) return JSON.stringify(partialMetadata(object, wanted.asVersion))
    return JSON.stringify(fromStorage(kind, version, object))
  }
  const send = (type: StoreEvent['type'], stored: Stored) =>
    write(plain ? line(type, stored) : `{"type":"${type}","object":${shown(stored.object)}}\n`)
  const sendObject = (type: string, object: KubeObject) => write(`{"type":"${type}","object":${shown(object)}}\n`)

  const deliver = (event: StoreEvent) => {
    const { current, previous } = event
    if (!here(current)) return
    if (selected.all) return send(event.type, current)
    const matchesNow = event.type !== 'DELETED' && selected.matches(current.object)
    const matchedBefore = previous !== undefined && selected.matches(previous.object)
    if (matchesNow) send(matchedBefore ? 'MODIFIED' : 'ADDED', current)
    else if (matchedBefore && event.type === 'DELETED') send('DELETED', current)
    else if (matchedBefore && previous !== undefined)
      sendObject('DELETED', {
        ...previous.object,
        metadata: { ...previous.object.metadata, resourceVersion: String(event.revision) },
      })
  }

  const bookmark = (annotations?: JsonObject) => {
    const metadata = {
      resourceVersion: String(store.revision),
      ...(annotations === undefined ? {} : { annotations }),
    }
    const apiVersion = apiVersionOf({ group: kind.group, version: version.version })
    const object = { kind: kind.kind, apiVersion, metadata } as unknown as KubeObject
    if (wanted.as === undefined) write(`{"type":"BOOKMARK","object":${JSON.stringify(object)}}\n`)
    else sendObject('BOOKMARK', object)
  }

  const timers: (() => void)[] = []
  const end = (cut = false) => {
    if (ended) return
    ended = true
    stop?.()
    for (const cancel of timers) cancel()
    if (cut) response.destroy()
    else response.end()
    done()
  }
  response.once('close', () => end())

  if (initial) {
    for (const stored of store.list(storageKey(kind), namespace))
      if (selected.matches(stored.object)) send('ADDED', stored)
    stop = store.watch(storageKey(kind), store.revision, deliver)
    if (options.allowWatchBookmarks) bookmark({ 'k8s.io/initial-events-end': 'true' })
  } else {
    stop = store.watch(storageKey(kind), since, deliver)
    if (stop === undefined) {
      const oldest = store.compacted(storageKey(kind))
      write(
        `{"type":"ERROR","object":${JSON.stringify(statusObject(expired(`too old resource version: ${since} (${oldest})`).status))}}\n`,
      )
      end()
      return { end }
    }
  }
  if (ended) stop?.()
  const timeout =
    options.timeoutSeconds === undefined || options.timeoutSeconds <= 0
      ? 1800 + Math.random() * 1800
      : options.timeoutSeconds
  timers.push(
    wall.after(timeout * 1000, () => {
      if (options.allowWatchBookmarks) bookmark()
      end()
    }),
  )
  if (options.allowWatchBookmarks) {
    const again = () => {
      timers[1] = wall.after(BOOKMARK_INTERVAL, () => {
        bookmark()
        again()
      })
    }
    again()
  }
  return { end }
}

const lines = new WeakMap<Stored, { type: string; text: string }>()

/** The line of an event is the same for all who watch; made once. */
function line(type: string, stored: Stored): string {
  const known = lines.get(stored)
  if (known?.type === type) return known.text
  const text = `{"type":"${type}","object":${stored.json()}}\n`
  lines.set(stored, { type, text })
  return text
}
