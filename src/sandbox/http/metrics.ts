import type { RequestInfo } from './request-info.ts'

/** Counts of what was served, in Prometheus' text form. */
export interface Metrics {
  count(info: RequestInfo, code: number, seconds: number): void
  longRunning(change: 1 | -1, info: RequestInfo): void
  text(objects: ReadonlyMap<string, number>): string
}

export function createMetrics(): Metrics {
  const requests = new Map<string, number>()
  const durations = new Map<string, { count: number; sum: number }>()
  const running = new Map<string, number>()
  const labels = (info: RequestInfo) => {
    const scope = !info.isResource
      ? ''
      : info.name !== ''
        ? 'resource'
        : info.namespace !== ''
          ? 'namespace'
          : 'cluster'
    const verb = info.isResource ? info.verb.toUpperCase() : info.verb.toUpperCase()
    return `component="apiserver",dry_run="${info.query.get('dryRun') === 'All' ? 'All' : ''}",group="${info.group}",resource="${info.resource}",scope="${scope}",subresource="${info.isResource ? info.subresource : info.path.slice(0, 40).replace(/["\\\n]/g, '')}",verb="${verb}",version="${info.version}"`
  }
  return {
    count(info, code, seconds) {
      const key = labels(info)
      const counted = key.replace('component="apiserver",', `code="${code}",component="apiserver",`)
      requests.set(counted, (requests.get(counted) ?? 0) + 1)
      const duration = durations.get(key)
      if (duration === undefined) durations.set(key, { count: 1, sum: seconds })
      else {
        duration.count++
        duration.sum += seconds
      }
    },
    longRunning(change, info) {
      const key = labels(info)
      running.set(key, (running.get(key) ?? 0) + change)
    },
    text(objects) {
      const lines: string[] = []
      const family = (name: string, type: string, help: string, values: Iterable<readonly [string, number]>) => {
        lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
        for (const [key, value] of values) lines.push(`${name}{${key}} ${value}`)
      }
      family('apiserver_request_total', 'counter', 'Requests served.', requests)
      lines.push('# HELP apiserver_request_duration_seconds Time spent on requests.')
      lines.push('# TYPE apiserver_request_duration_seconds summary')
      for (const [key, { count, sum }] of durations)
        lines.push(
          `apiserver_request_duration_seconds_sum{${key}} ${sum}`,
          `apiserver_request_duration_seconds_count{${key}} ${count}`,
        )
      family('apiserver_longrunning_requests', 'gauge', 'Watches and log streams that are open.', running)
      const stored = [...objects].map(([key, count]) => [`resource="${key}"`, count] as const)
      family('apiserver_storage_objects', 'gauge', 'Objects stored.', stored)
      return `${lines.join('\n')}\n`
    },
  }
}
