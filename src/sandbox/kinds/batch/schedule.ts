/** A cron schedule: the minutes, hours, days, months and weekdays on which it fires, or a fixed distance. */
export type Schedule =
  | {
      readonly kind: 'fields'
      readonly minutes: ReadonlySet<number>
      readonly hours: ReadonlySet<number>
      readonly days: ReadonlySet<number>
      readonly months: ReadonlySet<number>
      readonly weekdays: ReadonlySet<number>
      /** Both days and weekdays are restricted: one of them is enough. */
      readonly eitherDay: boolean
    }
  | { readonly kind: 'every'; readonly milliseconds: number }

const shorthands: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

const monthNames = ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

/** Reads the five fields of a standard cron line, or a shorthand; a text is what is wrong with it, in the server's words. */
export function parseSchedule(text: string): Schedule | string {
  if (text === '') return 'empty spec string'
  const line = text.replace(/^(?:CRON_)?TZ=\S+\s+/, '').trim()
  const every = /^@every (.+)$/.exec(line)
  if (every !== null) {
    const milliseconds = parseDuration(every[1] ?? '')
    return milliseconds === undefined
      ? `failed to parse duration ${line}: time: invalid duration ${JSON.stringify(every[1])}`
      : { kind: 'every', milliseconds: Math.max(1000, Math.floor(milliseconds / 1000) * 1000) }
  }
  if (line.startsWith('@') && shorthands[line] === undefined) return `unrecognized descriptor: ${line}`
  const fields = (shorthands[line] ?? line).split(/\s+/)
  if (fields.length !== 5) return `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`
  const bounds: readonly (readonly [number, number, readonly string[]])[] = [
    [0, 59, []],
    [0, 23, []],
    [1, 31, []],
    [1, 12, monthNames],
    [0, 6, dayNames],
  ]
  const sets: ReadonlySet<number>[] = []
  for (const [index, [low, high, names]] of bounds.entries()) {
    const set = parseField(fields[index] ?? '', low, high, names)
    if (typeof set === 'string') return set
    sets.push(set)
  }
  const [minutes, hours, days, months, weekdays] = sets as [
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
  ]
  const open = (field: string | undefined) => /^[*?]/.test(field ?? '')
  return { kind: 'fields', minutes, hours, days, months, weekdays, eitherDay: !open(fields[2]) && !open(fields[4]) }
}

function parseField(field: string, low: number, high: number, names: readonly string[]): ReadonlySet<number> | string {
  const set = new Set<number>()
  const number = (text: string): number | string => {
    const named = names.indexOf(text.toLowerCase())
    if (named >= 0 && text !== '') return named
    return /^\d+$/.test(text)
      ? Number(text)
      : `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`
  }
  for (const part of field.split(',')) {
    const [range = '', step, ...more] = part.split('/')
    if (more.length > 0) return `too many slashes: ${part}`
    let [start, end] = [low, high]
    if (range !== '*' && range !== '?') {
      const ends = range.split('-')
      if (ends.length > 2) return `too many hyphens: ${part}`
      const from = number(ends[0] ?? '')
      if (typeof from === 'string') return from
      const to = ends.length === 2 ? number(ends[1] ?? '') : step === undefined ? from : high
      if (typeof to === 'string') return to
      start = from
      end = to
    }
    const by = step === undefined ? 1 : number(step)
    if (typeof by === 'string') return by
    if (start < low) return `beginning of range (${start}) below minimum (${low}): ${part}`
    if (end > high) return `end of range (${end}) above maximum (${high}): ${part}`
    if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${part}`
    if (by === 0) return `step of range should be a positive number: ${part}`
    for (let value = start; value <= end; value += by) set.add(value)
  }
  return set
}

function parseDuration(text: string): number | undefined {
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text)) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g))
    total += Number(amount) * units[unit ?? '']!
  return total
}

/** The first time after `from` (milliseconds) at which a schedule fires; undefined where there is none in five years. */
export function nextTime(schedule: Schedule, from: number, timeZone = 'UTC'): number | undefined {
  if (schedule.kind === 'every') return Math.floor(from / 1000) * 1000 + schedule.milliseconds
  const minute = 60_000
  let time = Math.floor(from / minute) * minute + minute
  const limit = from + 5 * 366 * 24 * 60 * minute
  const parts = zoned(timeZone)
  while (time <= limit) {
    const { month, day, weekday, hour, minute: at } = parts(time)
    const dayFits = schedule.eitherDay
      ? schedule.days.has(day) || schedule.weekdays.has(weekday)
      : schedule.days.has(day) && schedule.weekdays.has(weekday)
    if (!schedule.months.has(month) || !dayFits) time += ((23 - hour) * 60 + (60 - at)) * minute
    else if (!schedule.hours.has(hour)) time += (60 - at) * minute
    else if (!schedule.minutes.has(at)) time += minute
    else return time
  }
  return undefined
}

interface Parts {
  readonly month: number
  readonly day: number
  readonly weekday: number
  readonly hour: number
  readonly minute: number
}

function zoned(timeZone: string): (time: number) => Parts {
  if (timeZone === 'UTC')
    return time => {
      const date = new Date(time)
      return {
        month: date.getUTCMonth() + 1,
        day: date.getUTCDate(),
        weekday: date.getUTCDay(),
        hour: date.getUTCHours(),
        minute: date.getUTCMinutes(),
      }
    }
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    month: 'numeric',
    day: 'numeric',
    weekday: 'short',
    hour: 'numeric',
    minute: 'numeric',
    hourCycle: 'h23',
  })
  return time => {
    const found = new Map(format.formatToParts(time).map(part => [part.type, part.value]))
    return {
      month: Number(found.get('month')),
      day: Number(found.get('day')),
      weekday: dayNames.indexOf((found.get('weekday') ?? '').toLowerCase()),
      hour: Number(found.get('hour')),
      minute: Number(found.get('minute')),
    }
  }
}
