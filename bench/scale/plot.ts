import type { Report } from './figure.ts'

const BAR = 14
const LABEL = 330
const WIDTH = 560

/** Draws every step of every run as a bar, its floor in front of it, on one logarithmic axis of seconds; gives an SVG. */
export function plot(reports: readonly Report[]): string {
  const bars = reports.flatMap(({ count, layout, figures }) =>
    figures.map(figure => ({ ...figure, label: `${count}, ${layout}: ${figure.name}` })),
  )
  const longest = Math.max(...bars.map(({ seconds }) => seconds), 1)
  const decades = Math.ceil(Math.log10(longest)) + 3
  const x = (seconds: number) => Math.max(0, ((Math.log10(seconds) + 3) / decades) * WIDTH)
  const height = bars.length * (BAR + 6) + 40
  const grid = Array.from({ length: decades + 1 }, (_, index) => {
    const at = LABEL + (index / decades) * WIDTH
    return `<path d="M${at} 10V${height - 25}" stroke="#ddd"/><text x="${at}" y="${height - 8}" text-anchor="middle">${10 ** (index - 3)} s</text>`
  })
  const drawn = bars.map(({ label, seconds, floor: least }, index) => {
    const y = 12 + index * (BAR + 6)
    const floor =
      least === undefined
        ? ''
        : `<rect x="${LABEL}" y="${y + 4}" width="${x(least.written).toFixed(1)}" height="${BAR - 8}" fill="#f2a541"/>`
    return `<text x="${LABEL - 8}" y="${y + BAR - 3}" text-anchor="end">${label}</text><rect x="${LABEL}" y="${y}" width="${x(seconds).toFixed(1)}" height="${BAR}" fill="#3567b0"/>${floor}`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${LABEL + WIDTH + 40}" height="${height}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#fff"/>
${[...grid, ...drawn].join('\n')}
</svg>
`
}
