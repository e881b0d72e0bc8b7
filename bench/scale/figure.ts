import type { Layout } from './application.ts'
import { judgeBudget } from './budget.ts'
import type { FloorTimes } from './floor.ts'

/** What one step cost. */
export interface Figure {
  readonly name: string
  /** Until everything that was asked for was there; of `p50` and `p99` of several, where it was repeated. */
  readonly seconds: number
  readonly p99?: number
  /** What bare server-side apply took for the same change, in the same run. */
  readonly floor?: FloorTimes
  readonly cpuSeconds: number
  /** The most that was resident since the engine started. */
  readonly peakMiB: number
  /** API requests by verb and resource. */
  readonly requests: Readonly<Record<string, number>>
}

export interface Report {
  readonly count: number
  readonly layout: Layout
  readonly cluster: 'real' | 'embedded'
  readonly figures: readonly Figure[]
}

/** One figure as a line for people, and below it what was asked of the API. */
export function describeFigure({ name, seconds, p99, floor, cpuSeconds, peakMiB, requests }: Figure): string {
  const least = floor === undefined ? '' : ` (${timesFloor(seconds, floor)})`
  const time = p99 === undefined ? `${seconds.toFixed(2)} s` : `p50 ${ms(seconds)}, p99 ${ms(p99)}`
  const total = Object.values(requests).reduce((sum, each) => sum + each, 0)
  const busiest = Object.entries(requests)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 12)
    .map(([what, times]) => `${times} ${what}`)
  const rest = Object.keys(requests).length > busiest.length ? ', …' : ''
  return `${name}: ${time}${least}, ${cpuSeconds.toFixed(2)} CPU s, ${peakMiB.toFixed(0)} MiB, ${total} requests
    ${busiest.join(', ')}${rest}`
}

function timesFloor(seconds: number, { written, seen }: FloorTimes): string {
  return `${(seconds / written).toFixed(2)} x floor ${written.toFixed(2)} s, ${(seconds / seen).toFixed(2)} x with all it takes ${seen.toFixed(2)} s`
}

function ms(seconds: number): string {
  return `${(seconds * 1000).toFixed(0)} ms`
}

/** All runs as a table in Markdown: a row for each step, a column for each run. */
export function table(reports: readonly Report[]): string {
  const steps = [...new Set(reports.flatMap(({ figures }) => figures.map(({ name }) => name)))]
  const cell = (report: Report, step: string) => {
    const figure = report.figures.find(({ name }) => name === step)
    if (figure === undefined) return ''
    const { floor, p99, requests, seconds } = figure
    const each = Object.values(requests).reduce((sum, times) => sum + times, 0) / report.count
    const factor = floor === undefined ? '' : `, ${timesFloor(seconds, floor)}`
    const time = p99 === undefined ? `${seconds.toFixed(2)} s${factor}` : `${ms(seconds)} / ${ms(p99)}`
    const spent = { seconds, floorSeconds: floor?.written, requestsEach: Math.round(each * 10) / 10 }
    const told = [time, p99 === undefined && `${each.toFixed(1)} requests each`, judgeBudget(step, spent)]
    return told.filter(Boolean).join(', ')
  }
  const header = ['', ...reports.map(({ count, layout }) => `${count}, ${layout}`)]
  const rows = steps.map(step => [step, ...reports.map(report => cell(report, step))])
  const peakOf = ({ figures }: Report) => {
    const MiB = Math.max(...figures.map(each => each.peakMiB))
    return [`${MiB.toFixed(0)} MiB`, judgeBudget('peak memory', { MiB })].join(', ')
  }
  const peaks = ['peak memory', ...reports.map(peakOf)]
  const lines = [header, header.map(() => '---'), ...rows, peaks]
  return `${lines.map(cells => `| ${cells.join(' | ')} |`).join('\n')}\n`
}
