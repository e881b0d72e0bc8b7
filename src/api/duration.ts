const UNIT_MS = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const
const TERM = /([0-9]*\.?[0-9]+|[0-9]+\.)(ns|us|µs|μs|ms|s|m|h)/y

/**
 * Milliseconds of a Go duration (`1h30m`, `750ms`, `-1.5s`, `0`), after Go's `time.ParseDuration`.
 * Undefined where the text is none.
 */
export function parseDuration(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1
  let at = /^[+-]/.test(text) ? 1 : 0
  if (text.slice(at) === '0') return 0
  if (at === text.length) return undefined
  let total = 0
  while (at < text.length) {
    TERM.lastIndex = at
    const match = TERM.exec(text)
    if (match === null) return undefined
    total += Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS]
    at = TERM.lastIndex
  }
  return sign * total
}

function trimZeros(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)))
}

/** A number of milliseconds as Go prints a duration: `1h0m0s`, `10m0s`, `1.5s`, `114.309ms`, `0s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s'
  if (ms < 0) return `-${formatDuration(-ms)}`
  if (ms < 1e-3) return `${Math.round(ms * 1e6)}ns`
  if (ms < 1) return `${trimZeros(ms * 1000, 3)}µs`
  if (ms < 1000) return `${trimZeros(ms, 6)}ms`
  const hours = Math.floor(ms / 3_600_000)
  const minutes = Math.floor(ms / 60_000) % 60
  const seconds = `${trimZeros((ms % 60_000) / 1000, 9)}s`
  if (hours > 0) return `${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${minutes}m${seconds}` : seconds
}
