import type { Clock } from '../manifest/clock.ts'
import type { JsonValue } from '../manifest/json.ts'
import { apiVersionOf, type GroupVersionKind } from '../manifest/object.ts'
import { ApiError, type ApiResource } from './cluster.ts'
import { readAggregated, readGroupVersions, readResourceList } from './discovery-documents.ts'
import { groupVersionPath } from './path.ts'

/** What the server serves, remembered. */
export interface Discovery {
  /** Rejects with `ApiError` 404 (`NoKindMatch`). */
  resource(gvk: GroupVersionKind): Promise<ApiResource>
  /** Everything, every version, preferred versions first within a group. */
  resources(): Promise<readonly ApiResource[]>
  /** Forget a group (`''` is the core group), or everything: a CRD or APIService came, went or changed. */
  invalidate(group?: string): void
}

const AGGREGATED = ['v2', 'v2beta1']
  .map(version => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .concat('application/json')
  .join(',')

/** A kind that was just looked for and not found is not looked for again before this time, which doubles up to the limit. */
const ABSENT_MIN = 200
const ABSENT_MAX = 10_000

/**
 * Discovery over `fetch`, which gets the JSON of a path. The first question reads everything in two requests (or one per
 * group/version from servers without aggregated discovery); a kind that is not there then costs one small request for its
 * group and version, shared by all who ask, and not repeated at once.
 */
export function createDiscovery(fetch: (path: string, accept: string) => Promise<JsonValue>, clock: Clock): Discovery {
  const known = new Map<string, ApiResource>()
  const absent = new Map<string, { readonly until: number; readonly wait: number }>()
  const running = new Map<string, Promise<void>>()
  let loaded = false
  /** False after a group was forgotten, until everything is read again. */
  let complete = false
  /** Counts invalidations, so that an answer from before one is not taken for news. */
  let age = 0

  function once(key: string, task: () => Promise<void>): Promise<void> {
    const present = running.get(key)
    if (present !== undefined) return present
    const promise = task().finally(() => {
      if (running.get(key) === promise) running.delete(key)
    })
    running.set(key, promise)
    return promise
  }

  function learn(resources: readonly ApiResource[]): void {
    for (const resource of resources) {
      // Some resources share a kind (`pods/eviction` aside): the first one is the kind's own.
      const key = keyOf(resource)
      if (!known.has(key)) known.set(key, resource)
      absent.delete(key)
    }
  }

  const load = () =>
    once('', async () => {
      const started = age
      const [core, groups] = await Promise.all([fetch('/api', AGGREGATED), fetch('/apis', AGGREGATED)])
      const documents = await Promise.all(
        [core, groups].map(async document => readAggregated(document)?.resources ?? (await loadEach(document))),
      )
      if (started !== age) return
      known.clear()
      learn(documents.flat())
      loaded = true
      complete = true
    })

  async function loadEach(document: JsonValue): Promise<readonly ApiResource[]> {
    const lists = readGroupVersions(document).map(async gv => {
      try {
        return readResourceList(await fetch(groupVersionPath(gv), 'application/json'))
      } catch (error) {
        // An aggregated API that is down must not hide all others.
        if (error instanceof ApiError && error.code !== 401 && error.code !== 0) return []
        throw error
      }
    })
    return (await Promise.all(lists)).flat()
  }

  const loadOne = (gvk: GroupVersionKind) =>
    once(apiVersionOf(gvk), async () => {
      const resources = await fetch(groupVersionPath(gvk), 'application/json').then(readResourceList, error => {
        if (error instanceof ApiError && error.code === 404) return []
        throw error
      })
      for (const [key, resource] of known) if (apiVersionOf(resource) === apiVersionOf(gvk)) known.delete(key)
      learn(resources)
    })

  return {
    async resource(gvk) {
      if (!loaded) await load()
      const key = keyOf(gvk)
      const found = known.get(key)
      if (found !== undefined) return found
      const before = absent.get(key)
      if (before !== undefined && clock.elapsed() < before.until) throw noKindMatch(gvk)
      await loadOne(gvk)
      const now = known.get(key)
      if (now !== undefined) return now
      const wait = Math.min(ABSENT_MAX, (before?.wait ?? ABSENT_MIN / 2) * 2)
      absent.set(key, { until: clock.elapsed() + wait, wait })
      throw noKindMatch(gvk)
    },
    async resources() {
      while (!complete) await load()
      return [...known.values()]
    },
    invalidate(group) {
      age++
      absent.clear()
      complete = false
      if (group === undefined) loaded = false
      else for (const [key, resource] of known) if (resource.group === group) known.delete(key)
    },
  }
}

function keyOf(gvk: GroupVersionKind): string {
  return `${gvk.group}/${gvk.version}/${gvk.kind}`
}

/** The words of controller-runtime's REST mapper, which Flux users see when a CRD is missing. */
function noKindMatch(gvk: GroupVersionKind): ApiError {
  return new ApiError({
    code: 404,
    reason: 'NoKindMatch',
    message: `no matches for kind "${gvk.kind}" in version "${apiVersionOf(gvk)}"`,
    details: { group: gvk.group, kind: gvk.kind },
  })
}
