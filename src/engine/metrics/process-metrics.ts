import { readdirSync, readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Family } from './format.ts'

const NANOSECONDS = 1e9
const RESOLUTION_MS = 20

function single(name: string, help: string, type: 'counter' | 'gauge', value: number): Family {
  return { name, help, type, samples: [{ labels: {}, value }] }
}

/** A number of a file of Linux about this process; undefined elsewhere. */
function numberIn(file: string, pattern: RegExp): number | undefined {
  try {
    const found = pattern.exec(readFileSync(`/proc/self/${file}`, 'utf8'))?.[1]
    return found === undefined ? undefined : Number(found)
  } catch {
    return undefined
  }
}

/** What Linux alone tells: open files, and the memory that was asked for. */
function linuxFamilies(): readonly Family[] {
  const most = numberIn('limits', /^Max open files\s+(\d+)/m)
  const kilobytes = numberIn('status', /^VmSize:\s+(\d+) kB/m)
  if (most === undefined || kilobytes === undefined) return []
  const open = readdirSync('/proc/self/fd').length
  return [
    single('process_open_fds', 'Files and connections that are open.', 'gauge', open),
    single('process_max_fds', 'Most files and connections that may be open.', 'gauge', most),
    single('process_virtual_memory_bytes', 'Memory that this process has asked for.', 'gauge', kilobytes * 1024),
  ]
}

/** Measures this process until `close`; each `families` tells the event loop's lag since the one before. */
export function measureProcess(): { families(): readonly Family[]; close(): void } {
  const started = Date.now() / 1000 - process.uptime()
  const lag = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  lag.enable()
  return {
    families() {
      const { user, system } = process.cpuUsage()
      const { heapUsed, rss } = process.memoryUsage()
      const [p50, p99, max] = [lag.percentile(50), lag.percentile(99), lag.max].map(each =>
        // What is measured includes the pause between two measurements.
        Math.max(0, each / NANOSECONDS - RESOLUTION_MS / 1000),
      )
      lag.reset()
      return [
        single(
          'process_cpu_seconds_total',
          'CPU seconds of this process, user and system.',
          'counter',
          (user + system) / 1e6,
        ),
        single('process_resident_memory_bytes', 'Resident memory of this process.', 'gauge', rss),
        ...linuxFamilies(),
        single('process_start_time_seconds', 'When this process started, in seconds since 1970.', 'gauge', started),
        single('nodejs_heap_size_used_bytes', 'Memory that live values take.', 'gauge', heapUsed),
        single('nodejs_eventloop_lag_p50_seconds', 'Median lag of the event loop.', 'gauge', p50 ?? 0),
        single('nodejs_eventloop_lag_p99_seconds', '99th percentile of the lag of the event loop.', 'gauge', p99 ?? 0),
        single('nodejs_eventloop_lag_max_seconds', 'Longest lag of the event loop.', 'gauge', max ?? 0),
      ]
    },
    close: () => lag.disable(),
  }
}
