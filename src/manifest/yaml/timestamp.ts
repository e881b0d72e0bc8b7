const stamp =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?(Z|[+-]\d{2}:\d{2})| (\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?)?$/

/**
 * Reads the forms of a timestamp that yaml.v3 accepts and gives it as Go prints a time in JSON (RFC 3339, fraction without
 * trailing zeros). Undefined for anything else.
 */
export function parseTimestamp(text: string): string | undefined {
  if (text.length < 8 || text.charCodeAt(4) !== 45) return undefined
  const match = stamp.exec(text)
  if (match === null) return undefined
  const year = match[1]!
  const month = Number(match[2])
  const day = Number(match[3])
  const [hour, minute, second] = [
    match[4] ?? match[9] ?? '0',
    match[5] ?? match[10] ?? '0',
    match[6] ?? match[11] ?? '0',
  ]
  const zone = match[8] ?? 'Z'
  if (month < 1 || month > 12 || day < 1 || day > daysOf(Number(year), month)) return undefined
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  if (zone !== 'Z' && (Number(zone.slice(1, 3)) > 24 || Number(zone.slice(4)) > 60)) return undefined
  const fraction = (match[7] ?? match[12] ?? '').slice(0, 9).replace(/0+$/, '')
  const two = (part: string | number) => String(Number(part)).padStart(2, '0')
  const time = `${two(hour)}:${two(minute)}:${two(second)}${fraction === '' ? '' : `.${fraction}`}`
  return `${year}-${two(month)}-${two(day)}T${time}${zone === '+00:00' || zone === '-00:00' ? 'Z' : zone}`
}

function daysOf(year: number, month: number): number {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
}
