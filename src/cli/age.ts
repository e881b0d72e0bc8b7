const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Two units where the first is small, as kubectl prints ages: `14s`, `3m12s`, `16m`, `5h3m`, `2d4h`, `12d`, `3y20d`. */
export function formatAge(ms: number): string {
  const seconds = Math.floor(ms / SECOND)
  if (seconds < 0) return seconds < -1 ? '<invalid>' : '0s'
  if (seconds < 120) return `${seconds}s`
  if (ms < 10 * MINUTE) return pair(Math.floor(ms / MINUTE), 'm', seconds % 60, 's')
  if (ms < 3 * HOUR) return `${Math.floor(ms / MINUTE)}m`
  if (ms < 8 * HOUR) return pair(Math.floor(ms / HOUR), 'h', Math.floor(ms / MINUTE) % 60, 'm')
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)}h`
  if (ms < 8 * DAY) return pair(Math.floor(ms / DAY), 'd', Math.floor(ms / HOUR) % 24, 'h')
  const days = Math.floor(ms / DAY)
  if (days < 2 * 365) return `${days}d`
  const years = Math.floor(days / 365)
  return days < 8 * 365 ? pair(years, 'y', days % 365, 'd') : `${years}y`
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`
}

/** The time since an RFC 3339 timestamp; `<unknown>` where there is none. */
export function ageOf(timestamp: string | null | undefined, now: Date): string {
  const at = Date.parse(timestamp ?? '')
  return Number.isNaN(at) ? '<unknown>' : formatAge(now.getTime() - at)
}
