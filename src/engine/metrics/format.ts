export type Labels = Readonly<Record<string, string>>

export interface Sample {
  /** `_bucket`, `_sum`, `_count` of a histogram; nothing for the others. */
  readonly suffix?: string
  readonly labels: Labels
  readonly value: number
}

/** All samples of one metric. */
export interface Family {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly samples: readonly Sample[]
}

/** The content type of `formatMetrics`. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** A number as Go prints it with `%g`, so that `le` labels are those of Go programs: `1e-08`, `0.0001`, `+Inf`. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  if (value === 0) return '0'
  const [digits = '', exponent = '0'] = value.toExponential().split('e')
  const power = Number(exponent)
  if (power >= -4 && power < 6) return String(value)
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
}

function formatLabels(labels: Labels): string {
  const names = Object.keys(labels).toSorted()
  if (names.length === 0) return ''
  return `{${names.map(name => `${name}="${escapeLabel(labels[name] ?? '')}"`).join(',')}}`
}

/** Families in the text format of Prometheus (version 0.0.4). A family without samples is left out. */
export function formatMetrics(families: readonly Family[]): string {
  let text = ''
  for (const { name, help, type, samples } of families) {
    if (samples.length === 0) continue
    text += `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`
    for (const { suffix = '', labels, value } of samples)
      text += `${name}${suffix}${formatLabels(labels)} ${formatNumber(value)}\n`
  }
  return text
}
